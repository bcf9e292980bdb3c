"""Payloads in: fetched from their publishers, and opened as the tables they hold."""

from geo_ree.ingest.cog import Window, read_window, sample
from geo_ree.ingest.cog_tiles import tile_names
from geo_ree.ingest.http import Client
from geo_ree.ingest.readers import PROTOCOLS, READERS, read
from geo_ree.ingest.retrieval import fetch
from geo_ree.ingest.session import mirrored

__all__ = [
    "PROTOCOLS",
    "READERS",
    "Client",
    "Window",
    "fetch",
    "mirrored",
    "read",
    "read_window",
    "sample",
    "tile_names",
]

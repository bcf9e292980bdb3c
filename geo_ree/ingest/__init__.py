"""Payloads in: fetched from their publishers, and opened as the tables they hold."""

from geo_ree.ingest.http import download, mirrored
from geo_ree.ingest.readers import PROTOCOLS, READERS, read
from geo_ree.ingest.retrieval import fetch

__all__ = ["PROTOCOLS", "READERS", "download", "fetch", "mirrored", "read"]

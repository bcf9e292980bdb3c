"""Payloads in: fetched from their publishers, and opened as the tables they hold."""

from geo_ree.ingest.http import Client
from geo_ree.ingest.readers import PROTOCOLS, READERS, read
from geo_ree.ingest.retrieval import fetch
from geo_ree.ingest.session import mirrored

__all__ = ["PROTOCOLS", "READERS", "Client", "fetch", "mirrored", "read"]

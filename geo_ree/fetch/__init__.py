"""Bytes from publishers: the transport, and a file for each protocol."""

from geo_ree.fetch.client import Client
from geo_ree.fetch.cog import Window, read_window, sample, tile_names
from geo_ree.fetch.protocols import PROTOCOLS, READERS, read
from geo_ree.fetch.raster_windows import Cutout, cut_rasters, pixel_height_deg
from geo_ree.fetch.retrieval import fetch
from geo_ree.fetch.session import mirrored

__all__ = [
    "PROTOCOLS",
    "READERS",
    "Client",
    "Cutout",
    "Window",
    "cut_rasters",
    "fetch",
    "mirrored",
    "pixel_height_deg",
    "read",
    "read_window",
    "sample",
    "tile_names",
]

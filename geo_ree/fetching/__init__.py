"""Bytes from publishers: the transport, and a file for each protocol."""

from geo_ree.fetching.cog import read_window, sample, tile_names
from geo_ree.fetching.download import Client
from geo_ree.fetching.protocols import PROTOCOLS, READERS, read
from geo_ree.fetching.raster_windows import RasterWindow, pixel_height_deg, read_rasters
from geo_ree.fetching.retrieval import fetch_snapshot
from geo_ree.fetching.session import mirrored

__all__ = [
    "PROTOCOLS",
    "READERS",
    "Client",
    "RasterWindow",
    "fetch_snapshot",
    "mirrored",
    "pixel_height_deg",
    "read",
    "read_rasters",
    "read_window",
    "sample",
    "tile_names",
]

"""Files from publishers.

`transport` sends requests to allowed hosts only and receives files safely. `protocol` has the records that
protocols share, `protocols` lists them all and reads any payload; each has a file of its own (`arcgis`, `wfs`,
`cog`, ...). `retrieval` fetches one source into the data folder, `probe` checks whether it answers.
"""

from geo_ree.fetching.cog import read_window, sample, tile_names
from geo_ree.fetching.protocols import PROTOCOLS, READERS, read
from geo_ree.fetching.raster_windows import RasterWindow, pixel_height_deg, read_rasters
from geo_ree.fetching.retrieval import fetch_snapshot
from geo_ree.fetching.transport.download import Client
from geo_ree.fetching.transport.session import mirrored

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

"""Payloads in: fetched from their publishers, and opened as the tables they hold.

Where to find what:

- `retrieval.fetch` brings one source into its snapshot; `readers.read` opens a payload;
  `readers.PROTOCOLS` lists all protocols, each a file of its own: archive, arcgis, cog, jqgrid,
  local, ogcapi, osm, overpass, overture, sciencebase, wfs, and starter for what comes with the
  package. What only one of them needs bears its name (``arcgis_query``, ``cog_tiles``, …).
  `probe` asks whether a source is where the catalogue says it is.
- The network: `http.Client`, over session, exchange, transfer, partial, throttle and faults.
- `raster` opens rasters on disk, `raster_windows` reads windows of them; cog and what belongs to
  it read windows of tiles behind addresses.
- Files, whatever they came by: `formats.open_file`, over sniff (what is it?), unpack and zipped
  (archives), delimited, workbook, shapefile, vectors and gdal (tables and layers), markup (XML).
- Answers of services: `pages` keeps them and finds them again; json_answers, gml, geojson,
  feature_page (one page) and feature_collection (all of them) understand them.
- `tables` has what every table goes through in the end.
"""

from geo_ree.ingest.cog import Window, read_window, sample
from geo_ree.ingest.cog_tiles import tile_names
from geo_ree.ingest.http import Client
from geo_ree.ingest.raster import pixel_height_deg
from geo_ree.ingest.raster_windows import Cutout, cut_rasters
from geo_ree.ingest.readers import PROTOCOLS, READERS, read
from geo_ree.ingest.retrieval import fetch
from geo_ree.ingest.session import mirrored

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

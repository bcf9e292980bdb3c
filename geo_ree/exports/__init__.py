"""What a run is handed on as: GIS files, tables and a phone's map, each with its attribution."""

from geo_ree.exports.bundle import RESOLUTION, Bundle, gather_tables
from geo_ree.exports.cog import check_resolution
from geo_ree.exports.formats import FORMATS, check_formats, export

__all__ = [
    "FORMATS",
    "RESOLUTION",
    "Bundle",
    "check_formats",
    "check_resolution",
    "export",
    "gather_tables",
]

"""What a run is handed on as: GIS files, tables and a phone's map, each with its attribution."""

from geo_ree.exports.bundle import Bundle, gather_tables
from geo_ree.exports.formats import FORMATS, check_formats, export

__all__ = ["FORMATS", "Bundle", "check_formats", "export", "gather_tables"]

"""A run as an OGC API, read only: pygeoapi over its GeoPackage or its schema in PostGIS."""

from geo_ree.serving.serve_run import serve_run

__all__ = ["serve_run"]

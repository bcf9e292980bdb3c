"""A run as an OGC API, read only: pygeoapi over its GeoPackage or its schema in PostGIS."""

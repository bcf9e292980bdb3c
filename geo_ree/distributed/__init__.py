"""The same verbs over Dask, for tables and rasters that one machine does not hold."""

"""The same verbs over Dask, for tables and rasters that one machine does not hold.

`clusters` opens a cluster, `partition_files` lists the partitions of an input and the files of an output,
`partition_jobs` runs one piece of work for each partition. They need the extra ``geo_ree[dask]``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

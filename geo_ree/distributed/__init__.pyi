from .clusters import open_cluster
from .nearest_parts import nearest
from .partition_jobs import run_partitions
from .raster_tiles import surface
from .score_tiles import suitability

__all__ = ["nearest", "open_cluster", "run_partitions", "suitability", "surface"]

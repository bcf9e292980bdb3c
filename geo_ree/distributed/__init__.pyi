from .clusters import open_cluster
from .measure_parts import measure
from .merge_jobs import merge, read_merged
from .nearest_parts import nearest
from .partition_jobs import run_partitions
from .raster_tiles import surface
from .score_parts import score
from .score_tiles import suitability

__all__ = [
    "measure",
    "merge",
    "nearest",
    "open_cluster",
    "read_merged",
    "run_partitions",
    "score",
    "suitability",
    "surface",
]

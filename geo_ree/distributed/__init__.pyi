from .clusters import open_cluster
from .partition_jobs import run_partitions

__all__ = ["open_cluster", "run_partitions"]

from .grid import Box, Grid, fair_step_m, make_grid
from .heights import ElevationReader, Patch
from .index import NearestIndex, nearest
from .measures import measure
from .missing import MissingDistances, MissingLines
from .nearest_features import NearestFeatures
from .omission import omission_rates
from .surfaces import surface
from .surroundings import measure_surroundings
from .target_index import TargetIndex
from .targets import Target, load_targets
from .terrain import measure_terrain

__all__ = [
    "Box",
    "ElevationReader",
    "Grid",
    "MissingDistances",
    "MissingLines",
    "NearestFeatures",
    "NearestIndex",
    "Patch",
    "Target",
    "TargetIndex",
    "fair_step_m",
    "load_targets",
    "make_grid",
    "measure",
    "measure_surroundings",
    "measure_terrain",
    "nearest",
    "omission_rates",
    "surface",
]

"""Geodesic proximity: how far, to which feature, and with what error.

`index` holds `nearest` and `NearestIndex`, with the compiled search behind them in `search/`;
`targets` and `target_index` (with `nearest_features` and `line_names`) say what distances are
measured to, `measures` measures deposits, `terrain` (with `heights` and `profiles`) the ground,
`surfaces` (with `grid`, `cell_rows`, `country_cells` and `region_edge`) rasters of distances;
`omission` and `missing` (with `stretches`) are about lines that sources leave out.
"""

from geo_ree.proximity.grid import Box, Grid, fair_step_m, make_grid
from geo_ree.proximity.heights import ElevationReader, Patch
from geo_ree.proximity.index import NearestIndex, nearest
from geo_ree.proximity.measures import measure
from geo_ree.proximity.missing import MissingDistances, MissingLines
from geo_ree.proximity.nearest_features import NearestFeatures
from geo_ree.proximity.omission import omission_rates
from geo_ree.proximity.surfaces import surface
from geo_ree.proximity.target_index import TargetIndex
from geo_ree.proximity.targets import Target, load_targets
from geo_ree.proximity.terrain import measure_terrain

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
    "measure_terrain",
    "nearest",
    "omission_rates",
    "surface",
]

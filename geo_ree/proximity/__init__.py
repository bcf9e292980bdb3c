"""Geodesic proximity: how far, to what, and how sure."""

from geo_ree.proximity.grid import Grid, make_grid
from geo_ree.proximity.measure import measure
from geo_ree.proximity.nearest import NearestIndex, nearest
from geo_ree.proximity.rasters import surface
from geo_ree.proximity.reach import Proximity, Reach
from geo_ree.proximity.targets import Target, load_targets

__all__ = [
    "Grid",
    "NearestIndex",
    "Proximity",
    "Reach",
    "Target",
    "load_targets",
    "make_grid",
    "measure",
    "nearest",
    "surface",
]

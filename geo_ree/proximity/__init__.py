"""Geodesic proximity: how far, to what, and how sure."""

from geo_ree.proximity.grid import Grid, make_grid
from geo_ree.proximity.heights import ElevationReader, Patch
from geo_ree.proximity.index import NearestIndex, nearest
from geo_ree.proximity.measures import measure
from geo_ree.proximity.missing import MissingLines, Unseen
from geo_ree.proximity.omission import omission_rates
from geo_ree.proximity.reach import Proximity, Reach
from geo_ree.proximity.surfaces import surface
from geo_ree.proximity.targets import Target, load_targets
from geo_ree.proximity.terrain import measure_terrain

__all__ = [
    "ElevationReader",
    "Grid",
    "MissingLines",
    "NearestIndex",
    "Patch",
    "Proximity",
    "Reach",
    "Target",
    "Unseen",
    "load_targets",
    "make_grid",
    "measure",
    "measure_terrain",
    "nearest",
    "omission_rates",
    "surface",
]

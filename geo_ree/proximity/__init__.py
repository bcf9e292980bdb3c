"""Geodesic proximity: how far, to what, and how sure."""

from geo_ree.proximity.measure import Proximity, measure
from geo_ree.proximity.nearest import NearestIndex, nearest
from geo_ree.proximity.targets import Target, load_targets

__all__ = ["NearestIndex", "Proximity", "Target", "load_targets", "measure", "nearest"]

"""Visiting deposits: what lies near, which make one trip, as a sheet to print and a KML."""

from geo_ree.studies.visit.plan import VisitPlan, plan_visit
from geo_ree.studies.visit.sheet import render_sheet, write_visit
from geo_ree.studies.visit.trips import Trip, group_trips, round_trip

__all__ = [
    "Trip",
    "VisitPlan",
    "group_trips",
    "plan_visit",
    "render_sheet",
    "round_trip",
    "write_visit",
]

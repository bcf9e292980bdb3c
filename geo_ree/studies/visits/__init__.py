"""Visits: what is near the deposits, which of them make one trip, and a sheet to print.

`plan` finds the deposits and their nearest airport and border, `trips` groups them, `sketch` draws a
trip, `sheet` makes the page and writes it with a KML file.
"""

from geo_ree.studies.visits.plan import VisitPlan, plan_visit
from geo_ree.studies.visits.sheet import render_sheet, write_visit
from geo_ree.studies.visits.trips import Trip, group_trips, round_trip

__all__ = [
    "Trip",
    "VisitPlan",
    "group_trips",
    "plan_visit",
    "render_sheet",
    "round_trip",
    "write_visit",
]

"""From a deposit to a market: ways, days and costs, each with its interval.

`ranges` reads unit costs with their P10, P50 and P90 and draws them.
"""

from geo_ree.routing.ranges import Range, draw, read_ranges

__all__ = ["Range", "draw", "read_ranges"]

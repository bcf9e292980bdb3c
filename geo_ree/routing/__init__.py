"""From a deposit to a market: ways, days and costs, each with its interval.

`ranges` reads unit costs with their P10, P50 and P90 and draws them; `facts_tables` reads all other
tables of facts.
"""

from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.ranges import Range, draw, read_ranges

__all__ = ["Range", "draw", "read_facts", "read_ranges"]

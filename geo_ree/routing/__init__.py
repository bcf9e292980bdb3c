"""From a deposit to a market: routes, days and costs, each with its interval.

`ranges` reads unit costs with their P10, P50 and P90 and draws them; `facts_tables` reads all other
tables of facts. `access_table` says what access costs: `products` chooses what is shipped, `payable`
what that is worth, `capital` and `deposit_plan` what is built and hauled; `access` makes them the
terms that `cost_terms` sums up, and `access_spread` says what their spread comes from. `network` and
`graph` hold the lines and search them; `corridors` finds the routes of deposits and `route_costs` prices
them; `routes` finds one route between two places, `route_check` compares published distances with
computed ones, and `freight_check` published prices.
"""

from geo_ree.routing.access import access_terms
from geo_ree.routing.access_spread import cheaper_chances, tornado
from geo_ree.routing.access_table import access_cost
from geo_ree.routing.cost_terms import AccessTerms, evaluate
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.ranges import Range, draw, read_ranges, unit_costs

__all__ = [
    "AccessTerms",
    "Range",
    "access_cost",
    "access_terms",
    "cheaper_chances",
    "draw",
    "evaluate",
    "read_facts",
    "read_ranges",
    "tornado",
    "unit_costs",
]

"""From a deposit to a market: routes with their kilometres, days and costs, and what access costs.

Facts: `facts_tables` reads and checks the tables in ``facts/`` by the rules of `table_rules`,
`ranges` those of unit costs, with P10, P50 and P90, and draws them; `place_tables` has the places.

The network: `line_tables` reads lines, `network` holds nodes, edges and places, `assembly` joins
them, `added_lines` adds planned railways; `chains` are its edges between turns, `graph` searches
them, and `crossings` knows borders, gateways and gauges.

Routes: `routes` finds one between two places (`route_ends` joins these to the lines), and
`route_check` compares published distances. `corridors` finds those from deposits to markets:
`corridor_plans` reads the corridors, `trunks` lays each over the network, `railheads` and
`truck_paths` lead to it by road, `route_choice` takes the cheapest railhead, `route_lines` describes
the path, `corridor_rows` makes its row, `no_route` says why there is none. `route_costs` prices a
row, `freight_check` compares published freight, `route_answers` words the answers to questions.

Access: `access_table` has the table, a row a deposit and component. `chosen_routes` takes the route
that counts, `products` what is shipped, `payable` what that is worth, `capital` what is built;
`deposit_plan` makes them terms, `access` collects these for all deposits, `cost_terms` sums them up,
and `access_spread` says what their spread comes from.
"""

from geo_ree.routing.access import access_terms
from geo_ree.routing.access_spread import cheaper_chances, tornado
from geo_ree.routing.access_table import access_cost
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.cost_terms import AccessTerms, evaluate
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.network import Network, load_network
from geo_ree.routing.ranges import Range, draw, read_ranges, unit_costs
from geo_ree.routing.routes import Route, find_route

__all__ = [
    "AccessTerms",
    "Network",
    "Range",
    "Route",
    "access_cost",
    "access_terms",
    "cheaper_chances",
    "draw",
    "evaluate",
    "find_corridors",
    "find_route",
    "load_network",
    "read_facts",
    "read_ranges",
    "tornado",
    "unit_costs",
]

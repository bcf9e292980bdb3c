"""Vocabularies of the canonical layers, and what their words mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROLES = (
    "candidate",  # in the scored countries, REE sourced as a main commodity, not a plant: ranked
    "by_product_host",  # REE could come with another commodity: ranked apart
    "context",  # a major deposit of another commodity: scored, not ranked
    "reference",  # outside the scored countries: scored, not ranked
    "plant",  # a works, not a deposit
    "area",  # a region, not one deposit
    "not_ree",  # named in connection with REE, but no source says so: never mapped as REE
    "duplicate",  # another name of a deposit in the table
    "none",  # a statement that a country has none named
)
"""What a record of the deposits layer is to the ranking."""

RANKED_ROLES = ("candidate", "by_product_host")
SCORED_ROLES = ("candidate", "by_product_host", "context", "reference", "not_ree")

STAGES = (
    "produced",  # rare earths were mined or recovered there
    "code_resource",  # a resource of rare earths after JORC, NI 43-101, KAZRC or the like
    "registry",  # rare earths in a state register (GKZ, state balance)
    "drilled",  # drilled for rare earths; no code and no register is known
    "occurrence",  # a source describes rare earths there: minerals, samples, a list of occurrences
    "name_only",  # a source only names it
)
"""How far the rare earths of a deposit got, the farthest first; blank is unknown."""

FIRST_STAGES = STAGES[:3]
"""Stages that are shown first."""

PUBLISHED_FLAGS = (
    "licence",  # withdrawn, ended, disputed or promised to somebody
    "park",  # a protected area
    "uranium_law",  # a law on what carries uranium or thorium
    "state_share",  # a share that the state has or may take
    "protest",  # of people who live there
    "sanctions",
)
"""Flags that a source states: facts that forbid or hamper mining; never part of a score."""

HOLDER_STATUSES = (
    "found",  # a source names who holds the right
    "partly",  # a claim of one speaker, a part of the ground, or an inference
    "not found",  # looked for, and no page names a holder
)
"""Whether the holder of a deposit was found; blank is that nobody looked."""

TOPICS = (
    "eiti",  # Extractive Industries Transparency Initiative
    "corruption_index",  # of Transparency International
    "minerals_partnership",  # Minerals Security Partnership and its successor FORGE
    "us_agreement",
    "eu_agreement",
    "uk_agreement",
    "summit",
    "law",
    "licence_regime",
    "state_register",
    "transparency",
    "export_control",
    "policy",
    "processing",
    "exploration",
    "sanctions",
)
"""What a fact about a country is about; the order in which they are shown."""

COMMODITY_GROUPS = (
    "rare_earth",
    "rare_earth_by_product",
    "rare_metal",
    "uranium",
    "phosphate",
    "iron",
    "ferroalloy",
    "nonferrous",
    "precious",
    "evaporite",
    "industrial_mineral",
    "gemstone",
    "unknown",
)

PRECISION_ERROR_M: Mapping[str, float] = MappingProxyType(
    {
        "surveyed": 200.0,  # a receiver, a licence corner, a mine seen in an image
        "arc_second": 500.0,
        "arc_minute": 2_000.0,
        "hundredth_degree": 1_500.0,
        "five_minutes": 6_500.0,
        "tenth_degree": 8_000.0,
        "half_degree": 35_000.0,
        "degree": 70_000.0,
        "named_place": 20_000.0,
        "centroid": 5_000.0,
        "approximate": 5_000.0,  # so called by its source
        "licence": 3_000.0,
        "area": 20_000.0,  # a quarter of a degree, or nothing known of the print
        "none": float("nan"),
    }
)
"""Radius (m) within which the true position lies, by precision class.

Half the printed unit on the diagonal (arc-minute 1.2 km, 0.01 degree 0.7 km, 5 minutes 5.7 km,
0.1 degree 7 km, a quarter of a degree 17 km, half a degree 34 km and a degree 68 km at 45 N),
widened for an unstated datum and for a point that stands for an ore body. Judgement. A source that
states its error replaces it (``surveyed``, ``approximate``).
"""

NOT_IN_USE = ("building", "planned", "disused")
"""Kinds of railways, roads and power lines that nobody can use: no distance is measured to them.
``disused`` is also what was taken away."""

CLOSED_KINDS = (
    *NOT_IN_USE,
    "closed",
    "sea_port_closed",
    "under_construction",
    "proposed",
    "suspended",
)
"""Kinds of any layer that count as open only where a target names them."""

ROAD_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "main")
"""Kinds of roads in use, the largest first; ``main`` is any of the upper ones."""

WATER_QUALITIES = (
    "fresh",
    "brackish",
    "salt",
    "mixed",  # fresh in one part, salt in another
)
"""What a source calls the water of a lake; where none says anything, it is unknown."""

RELATIONS = (
    "road",  # along a road: the deposit is no farther than that in a straight line
    "rail",  # along a railway: likewise
    "straight",  # in a straight line: a ring
    "sector",  # "N km SE of X": a part of a ring; whether by road is not stated
    "unstated",  # "N km from X": a ring; whether by road is not stated
)
"""How a published distance between a deposit and a place was taken."""

DIRECTIONS = (
    "N",
    "NNE",
    "NE",
    "ENE",
    "E",
    "ESE",
    "SE",
    "SSE",
    "S",
    "SSW",
    "SW",
    "WSW",
    "W",
    "WNW",
    "NW",
    "NNW",
)
"""The points of the compass, 22.5 degrees apart, clockwise from north."""

OWN = "own_"
"""Beginning of the ids of sources that a user provides, and of their columns whose name is taken."""

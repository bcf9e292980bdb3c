"""Attribution, licences and run: what every output file says about itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

SOURCE_COLUMNS = (
    "id",
    "layer",
    "title",
    "publisher",
    "licence",
    "licence_url",
    "attribution",
    "edition",
    "landing_page",
    "retrieved",
    "sha256",
    "rows",
    "came_from",
)
"""Columns of the table of sources, the same in every format."""

_ODBL = (
    "Contains information from OpenStreetMap, made available under the Open Database License "
    "(ODbL) 1.0, https://opendatacommons.org/licenses/odbl/1-0/; a database made from this layer has "
    "to stay under it."
)
_CC_BY = (
    "Contains data under CC BY 4.0, https://creativecommons.org/licenses/by/4.0/: name their authors; "
    "geo_ree has chosen, clipped and measured them."
)
AREA_LAYERS = ("published_distances", "countries", "admin1")
"""Layers that the areas of unplaced deposits are made from."""

ROUTE_LAYERS = ("routes", "deposits", "roads", "countries")
"""Layers that routes are made from."""

_NOTICES = {"ODbL": _ODBL, "CC BY 4.0": _CC_BY}


def attribution_of(sources: pd.DataFrame, *layers: str) -> str:
    """Join the attributions of all sources, or of those of some layers, each once.

    A source that gave no row (``rows`` is 0) is not named.

    Examples
    --------
    >>> table = pd.DataFrame({"layer": ["roads", "roads", "water"], "attribution": ["A", "A", "B"]})
    >>> attribution_of(table), attribution_of(table, "roads")
    ('A | B', 'A')
    """
    words = [str(a) for a in _used(sources, layers)["attribution"] if isinstance(a, str) and a]
    return " | ".join(dict.fromkeys(words))


def licence_notice(sources: pd.DataFrame, *layers: str) -> str:
    """Give the attributions of some layers, or of all, and the notices that their licences require.

    A table of what was measured holds names and distances of every layer: it takes all of them.
    """
    parts = [attribution_of(sources, *layers), *_required(sources, layers).values()]
    return " ".join(p for p in parts if p)


def _used(sources: pd.DataFrame, layers: tuple[str, ...]) -> pd.DataFrame:
    """Sources that gave rows, of some layers or of all."""
    gave = sources[sources["rows"].fillna(1) > 0] if "rows" in sources else sources
    return gave[gave["layer"].isin(layers)] if layers else gave


def _required(sources: pd.DataFrame, layers: tuple[str, ...] = ()) -> dict[str, str]:
    """Licence -> the notice that it requires, for the licences of the sources that gave rows."""
    licences = " ".join(str(x) for x in _used(sources, layers)["licence"])
    return {name: text for name, text in _NOTICES.items() if name.removesuffix(" 4.0") in licences}


def read_me(run: Mapping[str, Any], sources: pd.DataFrame) -> list[tuple[str, str]]:
    """Describe a file for its reader, as pairs of heading and text.

    ``run`` has ``run_id, version, schema_version, created, preset, seed, draws, disclaimer``,
    ``sources`` has ``layer, attribution, licence``.
    """
    return [
        ("run id", str(run["run_id"])),
        (
            "what this is",
            "Infrastructure access scores of rare-earth deposits in Central Asia: "
            f"{run['disclaimer']}.",
        ),
        ("made by", f"geo_ree {run['version']}, schema {run['schema_version']}, {run['created']}"),
        ("how", f"preset {run['preset']}, {run['draws']} draws, seed {run['seed']}"),
        (
            "distances",
            "Straight-line distances in km, not travel. dist_ is the distance, err_ its error, near_ "
            "the nearest feature, abroad_ the distance to the nearest one abroad.",
        ),
        (
            "ranks",
            "rank_p5 to rank_p95 is the 90 % interval of the draws. A deposit cannot be told apart from "
            "those in not_separable_from: the chance of their order is between 5 and 95 %.",
        ),
        ("blank cells", "Unknown. Unknown is neither zero nor far."),
        ("quantities", "As published; they contradict each other and are never added up."),
        ("attribution", attribution_of(sources)),
        *_required(sources).items(),
    ]


def made_with(about: Mapping[str, str]) -> str:
    """Schema version that `read_me` states, empty where it states none.

    Examples
    --------
    >>> made_with({"made by": "geo_ree 0.1.0, schema 1.1, 2026-11-29"})
    '1.1'
    """
    found = re.search(r", schema ([^,]+),", about.get("made by", ""))
    return found[1] if found else ""


def notice_json(run: Mapping[str, Any], sources: pd.DataFrame) -> str:
    """Give the run, the attributions and all sources as JSON, for the metadata of a file."""
    rows = [
        {k: v for k, v in row.items() if not pd.isna(v) and v != ""}
        for row in sources.to_dict("records")
    ]
    about = {**run, "attribution": attribution_of(sources), "sources": rows}
    return json.dumps(about, ensure_ascii=False, default=str)

"""The tables of facts that routes rest on, read and checked: each row has a source and a date."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from geo_ree.errors import RouteError
from geo_ree.routing.table_rules import ASSUMED, TableRules, find_faults, read_table

FACTS = Path(str(files("geo_ree.routing") / "facts"))
"""Folder of the tables of the package."""

NOT_FOUND = "not found"
"""What a cell says where a fact was looked for and not found."""

ELEMENTS = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y")
"""Rare earths of a mix, by their symbols."""

_STATES = ("open", "closed", "planned", NOT_FOUND)
_PLACE = ("name", "country", "longitude", "latitude")


_DEGREES = {"longitude": (-180.0, 180.0), "latitude": (-90.0, 90.0)}
_HOURS = dict.fromkeys(("hours_p10", "hours_p50", "hours_p90"), (0.0, 5000.0))
_KM = dict.fromkeys(("km", "km_low", "km_high"), (0.0, 60000.0))

RULES: Mapping[str, TableRules] = {
    "destinations": TableRules(
        columns=(
            *(*_PLACE, "kind", "coordinate_note", "state", "as_of", "feed", "thorium_limit"),
            *("access", "access_km", "access_mode", "source", "note"),
        ),
        key=("name",),
        filled=("name", "country", "kind", "state", "longitude", "latitude"),
        numbers={**_DEGREES, "access_km": (0.0, 5000.0)},
        choices={
            "kind": ("sea_port", "plant", "market"),
            "state": _STATES,
            "access_mode": ("", "rail", "road"),
        },
        codes=("country",),
    ),
    "legs": TableRules(
        columns=(
            *("id", "mode", "from", "to", "km", "km_low", "km_high", "by_suez", "closed_to"),
            *("as_of", "source", "note"),
        ),
        key=("id",),
        filled=("id", "from", "to", "km", "km_low", "km_high"),
        numbers=_KM,
        choices={"mode": ("ferry", "sea"), "by_suez": ("yes", "no", "")},
        codes=("closed_to",),
        ascending=("km_low", "km", "km_high"),
    ),
    "corridors": TableRules(
        columns=(
            *("slug", "name", "destination", "via", "mode", "not_through", "as_of", "source"),
            "note",
        ),
        key=("slug",),
        filled=("slug", "name", "destination"),
        choices={"mode": ("rail", "road")},
        codes=("not_through",),
    ),
    "closed_crossings": TableRules(
        columns=(
            *("a", "b", "mode", "longitude", "latitude", "since", "source", "basis", "as_of"),
            "note",
        ),
        key=("a", "b", "mode", "longitude"),
        filled=("a", "b"),
        numbers=_DEGREES,
        choices={"mode": ("rail", "road", "both"), "basis": ("published", ASSUMED)},
        codes=("a", "b"),
    ),
    "gauge_by_country": TableRules(
        columns=("country", "gauge_mm", "source", "basis", "as_of", "note"),
        key=("country",),
        filled=("country", "gauge_mm"),
        numbers={"gauge_mm": (600.0, 1700.0)},
        choices={"basis": ("published", ASSUMED)},
        codes=("country",),
    ),
    "road_gateways": TableRules(
        columns=(*_PLACE, "neighbour", "state", "since", *_HOURS, "as_of", "source", "note"),
        key=("name",),
        filled=("name", "country", "neighbour", "state", "longitude", "latitude"),
        numbers={**_DEGREES, **_HOURS},
        choices={"state": _STATES},
        codes=("country", "neighbour"),
        ascending=("hours_p10", "hours_p50", "hours_p90"),
    ),
    "rail_crossings": TableRules(
        columns=(
            *("id", "gateway", "country", "mode", "direction", "what", "hours"),
            *("usd_per_consignment", "year", "source", "note"),
        ),
        key=("id",),
        date="year",
        numbers={"hours": (0.0, 5000.0), "usd_per_consignment": (0.0, 1e5)},
        choices={
            "mode": ("rail",),
            "what": ("border", "gauge change"),
            "direction": ("inbound", "outbound", "both"),
        },
        codes=("country",),
    ),
    "stations": TableRules(
        columns=(*_PLACE, "aliases", "what", "as_of", "source", "note"),
        key=("name",),
        filled=("name", "country", "longitude", "latitude"),
        numbers=_DEGREES,
        choices={"what": ("station", "town centre", "junction")},
        codes=("country",),
    ),
    "process": TableRules(
        columns=(
            *("mineral_class", "minerals", "ore_types", "deposits", "product", "flowsheet"),
            *("grade_low", "grade_mid", "grade_high", "recovery_low_pct", "recovery_high_pct"),
            *("reagents", "mill", "class7", "mixes", "payable", "year", "source", "basis", "note"),
        ),
        key=("mineral_class",),
        date="year",
        filled=("mineral_class", "reagents", "mixes", "payable"),
        numbers={
            **dict.fromkeys(("grade_low", "grade_mid", "grade_high"), (0.1, 100.0)),
            **dict.fromkeys(("recovery_low_pct", "recovery_high_pct"), (0.0, 100.0)),
        },
        choices={
            "product": ("concentrate", "carbonate", "separated"),
            "flowsheet": ("commercial", "pilot", "none", "unknown"),
            "mill": ("yes", "no"),
            "class7": ("likely", "possible", "low", "unknown"),
        },
        ascending=("grade_low", "grade_mid", "grade_high"),
    ),
    "payability": TableRules(
        columns=(
            *("payable", "product", "p10", "p50", "p90", "observed_pct_of_fob"),
            *("year", "source", "basis", "note"),
        ),
        key=("payable",),
        date="year",
        filled=("payable", "product", "p10", "p50", "p90"),
        numbers=dict.fromkeys(("p10", "p50", "p90"), (0.1, 100.0)),
        ascending=("p10", "p50", "p90"),
    ),
    "prices": TableRules(
        columns=("deck", "element", "date", "usd_kg", "kind", "source", "note"),
        key=("deck", "element", "date"),
        date="date",
        filled=("element", "usd_kg"),
        numbers={"usd_kg": (0.0, 1e5)},
        choices={"deck": ("usgs_fob", "europe")},
    ),
    "mixes": TableRules(
        columns=("name", "country", "mix", *ELEMENTS, "year", "source", "note"),
        key=("name",),
        date="year",
        filled=("name", "mix"),
        numbers=dict.fromkeys(ELEMENTS, (0.0, 100.0)),
    ),
    "export_rules": TableRules(
        columns=("country", "deposits", "product", "since", "source", "basis", "note"),
        key=("country", "deposits"),
        date="since",
        filled=("country", "product"),
        choices={"product": ("carbonate", "separated")},
        codes=("country",),
    ),
    "cost_scenarios": TableRules(
        columns=(
            *("scenario", "unit_cost", "factor_p10", "factor_p50", "factor_p90"),
            *("year", "source", "basis", "note"),
        ),
        key=("scenario", "unit_cost"),
        date="year",
        filled=("factor_p10", "factor_p50", "factor_p90"),
        numbers=dict.fromkeys(("factor_p10", "factor_p50", "factor_p90"), (0.01, 100.0)),
        ascending=("factor_p10", "factor_p50", "factor_p90"),
    ),
    "site_access": TableRules(
        columns=("deposit_id", "target", "km", "year", "source", "note"),
        key=("deposit_id", "target"),
        date="year",
        filled=("km",),
        numbers={"km": (0.0, 2000.0)},
        choices={"target": ("road", "railway", "power_line")},
    ),
    "class7": TableRules(
        columns=("id", "topic", "fact", "value", "unit", "year", "source", "note"),
        key=("id",),
        date="year",
        filled=("topic", "fact"),
    ),
    "packaging": TableRules(
        columns=("packaging", "factor", "year", "source", "note"),
        key=("packaging",),
        date="year",
        filled=("packaging", "factor"),
        numbers={"factor": (0.01, 100.0)},
    ),
    "freight_quotes": TableRules(
        columns=(
            *("id", "mode", "route", "from", "from_longitude", "from_latitude", "to", "via"),
            *("modes", "km", "km_source", "gauge_changes", "packaging", "figure", "tonnes"),
            *("usd_t", "year", "use", "reason", "source", "note"),
        ),
        key=("id",),
        date="year",
        filled=("id", "mode", "route", "figure", "use"),
        numbers={
            **dict.fromkeys(("from_longitude", "from_latitude"), (-180.0, 180.0)),
            **dict.fromkeys(("km", "usd_t", "tonnes"), (0.0, 60000.0)),
            "gauge_changes": (0.0, 5.0),
            "year": (1990.0, 2100.0),
        },
        choices={
            "mode": ("rail", "truck", "sea", "ferry", "multimodal"),
            "use": ("set", "test", "none"),
        },
    ),
    "comparables": TableRules(
        columns=(
            *("id", "project", "country", "product", "product_pct_treo", "truck_km", "rail_km"),
            *("sea_km", "whole", "distance_note", "logistics_low_usd_t", "logistics_high_usd_t"),
            *("logistics_note", "year", "stage", "basis", "source", "note"),
        ),
        key=("id",),
        date="year",
        filled=("id", "project", "country"),
        numbers={
            **dict.fromkeys(("truck_km", "rail_km", "sea_km"), (0.0, 40000.0)),
            **dict.fromkeys(("logistics_low_usd_t", "logistics_high_usd_t"), (0.0, 1e5)),
            "product_pct_treo": (0.0, 100.0),
        },
        choices={"whole": ("yes", "no", "")},
        codes=("country",),
        ascending=("logistics_low_usd_t", "logistics_high_usd_t"),
    ),
}
"""The tables by name, each with its rules."""


def read_facts(name: str, path: Path | str | None = None) -> pd.DataFrame:
    """Read a table of facts, and check every row.

    Parameters
    ----------
    name
        One of `RULES`.
    path
        A file of the same columns (CSV, UTF-8); None: the table of the package.

    Returns
    -------
    pandas.DataFrame
        One row a fact, in the order of the file; numbers as float (NaN where blank), all else as
        text ("" where blank).

    Raises
    ------
    RouteError
        Naming the file and the row: a column is missing, a source, a date or another cell is
        blank, a number is none or out of its bounds, a word or a code is unknown, numbers do not
        ascend, or a name comes twice.

    Examples
    --------
    >>> closed = read_facts("closed_crossings").set_index(["a", "b", "mode"])
    >>> closed.loc[("GEO", "RUS", "rail"), "since"]
    '1992-08'
    """
    if name not in RULES:
        raise RouteError(f"there is no table {name!r}", f"use one of {', '.join(RULES)}")
    rules, path = RULES[name], Path(path) if path else FACTS / f"{name}.csv"
    table = read_table(path, rules.columns)
    for row, what, hint in find_faults(table, rules):
        label = " - ".join(filter(None, (table[column].iloc[row] for column in rules.key)))
        raise RouteError(f"{path} row {row + 2} ({label}): {what}", hint)
    for column in rules.numbers:
        table[column] = pd.to_numeric(table[column].replace("", np.nan)).astype(np.float64)
    return table


@lru_cache(maxsize=16)
def package_facts(name: str) -> pd.DataFrame:
    """Give a table of the package, read once a process: it must not be changed."""
    return read_facts(name)

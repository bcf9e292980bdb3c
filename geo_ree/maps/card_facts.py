"""The lines of a card below its name, for readers whose program runs no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from geo_ree.deposits import leading_statements
from geo_ree.maps.packing import plain
from geo_ree.routing.route_answers import DEFAULT_QUESTION, NO_ROUTE

_MODES = ("truck_km", "rail_km", "ferry_km", "sea_km")
_REGISTERED = ("reporting_code", "state")
_QUANTITIES = {"ore": "statement_ore", "oxide": "statement_oxide", "metal": "statement_metal"}
_QUANTILES = {"usd": "p50", "low": "p10", "high": "p90"}
_NOTED = re.compile(r" (?:As of|Source): .*", re.DOTALL)

Say = Callable[..., str]
Rows = dict[str, dict[str, Any]]


def card_facts(
    tables: Mapping[str, pd.DataFrame], deposits: Iterable[str], language: Mapping[str, Any]
) -> dict[str, list[tuple[str, str]]]:
    """Write who holds a deposit, its size, route, cost of access and score, as the page's script does.

    Parameters
    ----------
    tables
        As for `geo_ree.maps.render`.
    deposits
        Ids of the deposits of the cards.
    language
        Words of the page, as its file in ``i18n`` has them.

    Returns
    -------
    dict of str to list of (str, str)
        For each id that a table knows the lines: a key of ``i18n``, empty for the size, and the words.
    """
    wanted = set(deposits)
    rows: Rows = {}
    for name in ("scores", "unranked"):
        rows |= _rows(tables.get(name, pd.DataFrame()), "id", wanted)
    sizes = _leading(tables.get("resources", pd.DataFrame()), wanted)
    routes, asked = _cheapest(tables.get("corridors", pd.DataFrame()), wanted)
    costs = _totals(tables.get("access", pd.DataFrame()), wanted)
    page, terms = language["page"], language["terms"]

    def say(key: str, **given: object) -> str:
        return str(page[key]).format(**given)

    def lines(ident: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        way = routes.get(ident) if "latitude" in row else None
        closed = "latitude" in row and ident in asked
        return [
            ("card_control", _holder(say, row)),
            ("", _size(say, terms, sizes.get(ident, {}))),
            ("card_way", _way(say, terms, way, closed)),
            ("card_usd", _cost(say, costs.get(ident, {}) if way else {})),
            ("score", _score(say, row)),
        ]

    return {ident: lines(ident, row) for ident, row in rows.items()}


def about(value: float) -> str:
    """Write a number in two significant digits."""
    return f"{float(f'{value:.2g}'):,.0f}"


def _rows(table: pd.DataFrame, key: str, wanted: set[str]) -> Rows:
    """The first row of each wanted deposit, without what is unknown."""
    if key not in table:
        return {}
    found = table[table[key].isin(wanted)].drop_duplicates(key)
    found = pd.DataFrame(found.drop(columns="geometry", errors="ignore"))
    return {
        str(row[key]): {str(n): v for n, cell in row.items() if (v := plain(cell)) is not None}
        for row in found.to_dict("records")
    }


def _leading(resources: pd.DataFrame, wanted: set[str]) -> Rows:
    if "system_kind" not in resources:
        return {}
    mine = resources[resources["deposit_id"].isin(wanted)]
    return _rows(leading_statements(mine), "deposit_id", wanted)


def _cheapest(corridors: pd.DataFrame, wanted: set[str]) -> tuple[Rows, set[str]]:
    """The cheapest route of each under the first question of the page, and whose routes were looked for."""
    if "question" not in corridors:
        return {}, set()
    questions = corridors["question"]
    first = DEFAULT_QUESTION if questions.eq(DEFAULT_QUESTION).any() else questions.iloc[0]
    asked = corridors[questions.eq(first)]
    found = _rows(pd.DataFrame(asked[asked["corridor"].ne(NO_ROUTE)]), "deposit_id", wanted)
    return found, set(asked["deposit_id"])


def _totals(access: pd.DataFrame, wanted: set[str]) -> Rows:
    if "component" not in access:
        return {}
    totals = _rows(access[access["component"] == "total"], "deposit_id", wanted)
    stated = access.dropna(subset=["stated_in"]) if "stated_in" in access else access.iloc[:0]
    for ident in set(stated["deposit_id"]) & set(totals):
        totals[ident]["stated"] = True
    return totals


def _holder(say: Say, row: Mapping[str, Any]) -> str:
    if "holder_status" not in row:
        return say("unknown")
    if row["holder_status"] == "not found" or "holder" not in row:
        return say("holder_not_found")
    return _NOTED.sub("", str(row["holder"]))


def _size(say: Say, terms: Mapping[str, str], stated: Mapping[str, Any]) -> str:
    if stated.get("system_kind") not in _REGISTERED:
        return say("card_no_resource")
    oxide = "oxide_t" in stated
    tonnes = stated["oxide_t"] if oxide else stated["quantity_t"]
    kind = "oxide" if oxide else str(stated.get("substance"))
    system = str(stated.get("system", ""))
    parts = [f"{tonnes:,.0f} {say('t')} {say(_QUANTITIES.get(kind, 'statement_unclear'))}"]
    if stated.get("oxide_figure") == "computed":
        parts.append(say("ore_times_grade"))
    unknown = stated.get("category", "unknown") == "unknown"
    if stated["system_kind"] == _REGISTERED[0] and unknown:
        parts.append(say("category_unknown"))
    return ", ".join([*parts, terms.get(system, system) or say("system_unknown")])


def _way(say: Say, terms: Mapping[str, str], route: Mapping[str, Any] | None, closed: bool) -> str:
    if route is None:
        return say("no_route_short") if closed else say("unknown")
    port = str(route.get("port", ""))
    km = sum(route.get(mode, 0.0) for mode in _MODES)
    return say("card_route", km=about(km), port=terms.get(port, port))


def _cost(say: Say, total: Mapping[str, Any]) -> str:
    """The cost, and beside it what it is if the source that places a line at the deposit is wrong."""
    if "usd_t_treo_p50" not in total:
        return say("unknown")
    values = {n: about(total[f"usd_t_treo_{q}"]) for n, q in _QUANTILES.items()}
    if not total.get("stated") or "measured_usd_t_treo_p50" not in total:
        return say("card_dollars", **values)
    other = {f"{n}_other": about(total[f"measured_usd_t_treo_{q}"]) for n, q in _QUANTILES.items()}
    return say("card_dollars_both", **values, **other)


def _score(say: Say, row: Mapping[str, Any]) -> str:
    if "score_worst" in row:
        return say(
            "score_by_place", low=f"{row['score_worst']:.0f}", high=f"{row['score_best']:.0f}"
        )
    if "score" not in row:
        return say("unknown")
    score = f"{row['score']:.0f}"
    if "score_p5" not in row:
        return f"{score} {say('of_100')}"
    return say(
        "card_score", score=score, low=f"{row['score_p5']:.0f}", high=f"{row['score_p95']:.0f}"
    )

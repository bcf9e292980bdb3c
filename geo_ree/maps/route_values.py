"""What the page shows of routes and the cost of access, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.maps.packing import columnar, packed, plain
from geo_ree.maps.route_shapes import route_shapes
from geo_ree.maps.style import ROUTE_COLOURS
from geo_ree.routing.freight_check import check_comparables
from geo_ree.routing.place_tables import read_world
from geo_ree.routing.route_answers import DEFAULT_QUESTION, answer_question

_ROUTE = (
    *("deposit_id", "corridor", "question", "port", "truck_km", "rail_km", "ferry_km", "sea_km"),
    *("km_low", "km_high", "borders", "gauge_changes", "countries", "gateways"),
    *("days_low", "days_mid", "days_high", "usd_t_p10", "usd_t_p50", "usd_t_p90"),
    *("assumed", "note"),
)
_ACCESS = (
    *("deposit_id", "component", "usd_t_treo_p10", "usd_t_treo_p50", "usd_t_treo_p90"),
    *("usd_t_product_p10", "usd_t_product_p50", "usd_t_product_p90"),
    *("capital_musd_p10", "capital_musd_p50", "capital_musd_p90"),
    *("share_pct_p10", "share_pct_p50", "share_pct_p90"),
    *(
        "treo_t_a",
        "product",
        "product_t_a",
        "quantity",
        "unit",
        "source",
        "year",
        "assumed",
        "note",
    ),
    *("ore_t_per_treo", "mining_usd_t_treo_p10", "mining_usd_t_treo_p50", "mining_usd_t_treo_p90"),
    *("payable_usd_t_treo_p10", "payable_usd_t_treo_p50", "payable_usd_t_treo_p90"),
    *("pays_pct", "measured_pays_pct", "prices", "price_years", "mix"),
    *("paid_pct_p10", "paid_pct_p90"),
    *(
        "stated_km",
        "stated_in",
        "stated_source",
        "stated_note",
        "measured_km",
        "measured_share_pct_p50",
    ),
    "assumed_km",
    *("measured_usd_t_treo_p10", "measured_usd_t_treo_p50", "measured_usd_t_treo_p90"),
)
_TERMS = ("deposit_id", "limit_t_a", "missing", "product_t", "payable", "terms")
_COMPARABLE = ("project", "country", "year", "km", "p10", "p50", "p90", "reported", "reported_note")
_COUNTED_ROLE = "candidate"


def route_values(corridors: pd.DataFrame, scores: pd.DataFrame) -> dict[str, Any] | None:
    """Give the routes of a run, their shapes and the answer to each question; None without routes.

    The page opens with the default question where the table has it. The answers count the
    candidates, or every deposit of a table without candidates.
    """
    if corridors.empty:
        return None
    candidates = scores[scores["role"].eq(_COUNTED_ROLE)] if "role" in scores else scores
    counted = scores if candidates.empty else candidates
    countries = _countries(counted)
    questions = list(dict.fromkeys(corridors["question"]))
    shown = corridors.reset_index(drop=True)
    compared = _comparables()
    elsewhere = compared["country"].tolist()
    return {
        "rows": packed(pd.DataFrame(shown), _ROUTE),
        "shapes": route_shapes(gpd.GeoDataFrame(shown)),
        "question": DEFAULT_QUESTION if DEFAULT_QUESTION in questions else questions[0],
        "answers": [_answer(corridors, countries, question) for question in questions],
        "names": _names({*countries.values(), *_codes(corridors), *elsewhere}),
        "colours": dict(ROUTE_COLOURS),
        "comparables": columnar(compared, _COMPARABLE),
    }


def access_values(access: pd.DataFrame) -> dict[str, Any] | None:
    """Give what access costs, a row each deposit and component; None without costs."""
    return None if access.empty else packed(access, _ACCESS)


def term_values(terms: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give what the page's sliders compute the cost of access from; None without terms.

    Draws that no term names, and texts that the table of costs has already, are left out.
    """
    if terms is None or not terms["deposits"]:
        return None
    deposits = [{key: one.get(key) for key in _TERMS} for one in terms["deposits"]]
    used = {one[name] for one in deposits for name in ("product_t", "payable")}
    used |= {name for one in deposits for term in one["terms"] for name in term.get("draws", ())}
    draws = {name: values for name, values in terms["draws"].items() if name in used}
    return {**terms, "deposits": deposits, "draws": draws}


def _comparables() -> pd.DataFrame:
    """The projects elsewhere whose kilometres are known: the model beside what they report."""
    table = check_comparables(draws=1000)
    table = table[table["p50"].notna()]
    return table.assign(km=table[["truck_km", "rail_km", "sea_km"]].fillna(0.0).sum(axis=1))


def _countries(deposits: pd.DataFrame) -> dict[str, str]:
    codes = deposits["country"] if "country" in deposits else pd.Series(None, deposits.index)
    return {str(i): plain(c) or "" for i, c in zip(deposits["id"], codes, strict=True)}


def _answer(corridors: pd.DataFrame, countries: Mapping[str, str], question: str) -> dict[str, Any]:
    answer = asdict(answer_question(corridors, countries, question))
    for name in ("growth_pct", "cost_usd_t"):
        answer[name] = list(answer[name]) if np.isfinite(answer[name]).all() else None
    return {**answer, "lost": [[code, *counts] for code, counts in answer["lost"].items()]}


def _codes(corridors: pd.DataFrame) -> Iterable[str]:
    """The countries that routes pass, and those that questions avoid."""
    passed = (str(text).split(";") for text in corridors["countries"].dropna().unique())
    avoided = (
        str(q).removeprefix("no_").upper().split("_") for q in corridors["question"].unique()
    )
    return {code.strip() for codes in (*passed, *avoided) for code in codes}


def _names(codes: Iterable[str]) -> dict[str, str]:
    """The English name of each country code; the page translates it."""
    names = dict(read_world()["name"].items())
    return {code: names[code] for code in sorted(codes) if code in names}

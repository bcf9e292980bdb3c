"""The values that the page's script reads, made from the tables, the layers and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.deposits import (
    HOLDER_COLUMNS,
    ORE_CLASSES,
    beside_leading,
    leading_statements,
    with_oxide,
)
from geo_ree.maps.filter_classes import CLASS_COLUMNS, add_classes, transliterations
from geo_ree.maps.finding_cards import cards, read_partner_countries
from geo_ree.maps.headline import headline
from geo_ree.maps.measured_features import (
    layer_labels,
    measure_names,
    target_values,
    targets_of,
    whole_countries,
)
from geo_ree.maps.packing import columnar, packed, plain, plain_dicts
from geo_ree.maps.route_values import access_values, route_values
from geo_ree.maps.style import MEASURES, OXIDE_SIZES, SCORE_RAMP, UNSURE_KM, oxide_radius
from geo_ree.routing.place_tables import read_world
from geo_ree.routing.route_answers import DEFAULT_QUESTION, avoided_countries
from geo_ree.schema import FIRST_STAGES, STAGES
from geo_ree.schema.vocabularies import OWN
from geo_ree.scoring.pairwise import MOST_COMPARED
from geo_ree.settings import REGION, SCORED_COUNTRIES, Box, Options

INFRASTRUCTURE = (
    *("water", "roads", "railways", "railways_planned", "power_lines"),
    *("settlements", "power_plants", "gateways"),
)
"""Layers that are drawn, the lowest first."""

CONTEXT = ("earthquakes", "tailings", "airports")
"""Layers that are drawn above them, off at first, and that no distance of a score is measured to."""

SURROUNDINGS = ("water_stress", "protected_areas", "mining_areas", "active_faults")
"""Layers that flags read, drawn below the networks where a run has them, off at first."""

_FLAG_COUNTS = ("flags_stop", "flags_caution", "flags_note", "flags_unknown", "first_flag")
_DEPOSIT = (
    *("id", "name", "aliases", "country", "country_reported", "country_note", "role"),
    *("commodity_group", "commodities", "deposit_type", "status", "operator", "admin_area"),
    *("admin1", "district", "part_of"),
    *(
        "latitude",
        "longitude",
        "position_error_m",
        "position_basis",
        "precision_class",
        "position_flags",
    ),
    *("why_role", "stage", "stage_basis", *_FLAG_COUNTS, "origin", "score_note"),
    *("score", "unknown_weight_pct", "rank_in_role", "rank_p5", "rank_p95", "p_top3", "p_top5"),
    *("rank_in_stage", "rank_in_stage_p5", "rank_in_stage_p95"),
    *("score_p5", "score_p95", "upper_limits", "reasons_for", "reasons_against", "sentence"),
    *("reference", "sources", "source_quality", "notes", "oxide_t", "radius_px", "water_note"),
    *("minerals", *ORE_CLASSES, "flowsheet", "flowsheet_state", "thorium_uranium"),
    "stated_grade_pct",
    *HOLDER_COLUMNS,
    *CLASS_COLUMNS,
)
_STEMS = (
    *("dist_", "err_", "near_", "unsure_", "abroad_", "points_", "foot_", "elevation_", "slope_"),
    *("ruggedness_", "terrain_", "climb_", "above_", "pass_", "earthquakes_", "largest_"),
)
_UNRANKED = (
    *("id", "name", "aliases", "role", "country", "country_reported", "admin_area", "admin1"),
    *("commodity_group", "commodities", "deposit_type", "minerals", "status", "operator"),
    *("resource_note", "flowsheet", "flowsheet_state", "thorium_uranium", *HOLDER_COLUMNS),
    *("district", "part_of", *ORE_CLASSES, "oxide_t", "position_error_m", *CLASS_COLUMNS),
    *("why_role", "stage", "stage_basis", *_FLAG_COUNTS),
    *("source_quality", "reference", "notes", "sources", "score_worst", "score_best"),
    *("rank_best", "rank_worst", "p_lead", "area_basis", "area_km2", "sentence"),
)
_RESOURCE = (
    *("deposit_id", "substance", "quantity_t", "grade_pct", "grade_text", "category", "system"),
    *("edition", "year", "source", "notes", "shown", "contradiction", "system_kind"),
    *("oxide_t", "oxide_figure", "beside"),
)
_FLAG = (
    *("deposit_id", "flag", "severity", "fact", "value", "unit", "limit", "error"),
    *("date", "source", "licence"),
)
_CONTROL = (
    *("deposit_id", "holder_status", "holder", "ultimate_owner", "owner_country", "state_share"),
    *("partner", "partner_country", "partner_as_of", "kind_of_right", "licence_no"),
    *("licence_expiry", "as_of", "source", "source_quality", "note"),
)
_DEAL = ("deposit_id", "country", "fact", "date", "parties", "source", "note")
_GOVERNANCE = ("country", "topic", "fact", "date", "source", "note")
_SOURCE = (
    *("id", "layer", "label", "title", "publisher", "licence", "licence_url", "attribution"),
    *("edition", "landing_page", "rows", "sha256", "retrieved", "came_from"),
)
_CRITERION = (
    *("name", "label", "column", "weight", "half_km", "decay", "measured_to"),
    *("reason", "source", "decay_reason", "decay_source"),
    *("evidence", "auc", "auc_low", "auc_high", "adds", "adds_low", "adds_high"),
)
_GATEWAY = (
    *("id", "scenario", "near_gateway", "dist_gateway_km", "score", "rank_in_role"),
    *("foot_gateway_lon", "foot_gateway_lat"),
)
_AUDIT = ("id", "flag", "distance_km", "evidence", "sources")
_CONFLICT = ("deposit", "attribute", "values", "sources")
_INFLUENCE = (
    *("kind", "criterion", "first_order", "total", "total_conf"),
    *("weight", "weight_needed", "new_leader"),
)
_OMISSION = ("target", "layer", "source_id", "country", "rate", "rate_low", "rate_high", "basis")
_REPORT = (
    *("disclaimer", "run_id", "schema_version", "version", "created", "seed", "draws", "preset"),
)

_SEARCHED = ("name", "aliases", "admin_area")
_ROUNDED = ("dist_", "abroad_", "unsure_")
_PER_WHOLE = 1_000
_PER_PAIR = 100_000
_ALL = "*"


def page_values(
    tables: Mapping[str, pd.DataFrame],
    layers: Mapping[str, gpd.GeoDataFrame],
    models: Sequence[Mapping[str, Any]],
    report: Mapping[str, Any],
) -> dict[str, Any]:
    """Give everything but the map's own layers as plain values; see `geo_ree.maps.render`."""

    def table(name: str) -> pd.DataFrame:
        return tables.get(name, pd.DataFrame())

    scores = _with_symbols(add_classes(table("scores")), table("resources"))
    labels = [c for c in report.get("own", {}).get("columns", ()) if c in scores]
    own = {f"{OWN}{i}": scores[label] for i, label in enumerate(labels)}
    scores = scores.assign(**own)
    if "feet" in tables:
        scores = scores.join(tables["feet"], on="id")
    unplaced = _with_symbols(add_classes(table("unranked")), table("resources"))
    criteria = table("criteria")
    scored_by = set(criteria["column"]) if "column" in criteria else set()
    measured = (c for c in scores.columns if c.startswith(_STEMS) or c in scored_by)
    return {
        "headline": headline(tables),
        "cards": cards(tables),
        "partner_countries": list(read_partner_countries()["country"]),
        "partner_list": _partner_list(read_partner_countries()),
        "avoided_countries": list(avoided_countries(DEFAULT_QUESTION)),
        "deposits": packed(scores, (*_DEPOSIT, *own, *measured)),
        "unranked": columnar(unplaced, _UNRANKED),
        "resources": columnar(_with_leading(table("resources")), _RESOURCE),
        "flags": columnar(table("flags"), _FLAG),
        "control": columnar(table("control"), _CONTROL),
        "deals": columnar(table("deals"), _DEAL),
        "governance": columnar(table("governance"), _GOVERNANCE),
        "audit": columnar(table("audit"), _AUDIT),
        "conflicts": columnar(table("conflicts"), _CONFLICT),
        "sources": plain_dicts(report.get("inputs", ()), _SOURCE),
        "criteria": plain_dicts(criteria.to_dict("records"), _CRITERION),
        "gateways": packed(table("gateways"), _GATEWAY),
        "pairs": compared_pairs(scores, table("pairwise")),
        "acceptability": rank_shares(table("acceptability")),
        "uncertainty": {
            "central_weights": _central_weights(table("central_weights")),
            "influence": plain_dicts(table("influence").to_dict("records"), _INFLUENCE),
            "omission": _omission(table("omission")),
        },
        "scoring": scoring_values(scores, models, report),
        "run": {
            **{key: plain(report.get(key)) for key in _REPORT},
            "warnings": [str(warning) for warning in report.get("warnings", ())],
            "since": [str(sentence) for sentence in report.get("since", ())],
            "own_columns": [str(label) for label in labels],
        },
        **_map_values(layers, report),
        "owner_names": _owner_names(table("control")),
        "routes": route_values(table("corridors"), scores),
        "access": access_values(table("access")),
        "scored_countries": scored_countries(scores),
    }


def region_of_page(report: Mapping[str, Any]) -> Box:
    """Give the region that a page shows, all round the globe where it crosses the antimeridian."""
    west, south, east, north = report.get("settings", {}).get("region") or REGION
    return (west, south, east, north) if east <= 180.0 else (-180.0, south, 180.0, north)


def scored_countries(scores: pd.DataFrame) -> list[str]:
    """Give the countries that stand out: those of the package, and those of own sites."""
    own = scores[scores["origin"] == "own"] if "origin" in scores else scores.iloc[:0]
    codes = own["country"].dropna().astype(str).unique().tolist() if len(own) else []
    return list(dict.fromkeys((*SCORED_COUNTRIES, *codes)))


def _partner_list(countries: pd.DataFrame) -> dict[str, str]:
    """Since when the countries are partners, at the latest, and by which sources."""
    return {"as_of": countries["as_of"].max(), "source": "; ".join(countries["source"].unique())}


def _owner_names(control: pd.DataFrame) -> dict[str, str]:
    """The English name of each country of an owner or a partner; the page translates it."""
    named = [control[c].dropna() for c in ("owner_country", "partner_country") if c in control]
    codes = {code for texts in named for text in texts for code in str(text).split(";")}
    codes |= set(read_partner_countries()["country"])
    return {code: plain(name) for code, name in read_world()["name"].items() if code in codes}


def _map_values(
    layers: Mapping[str, gpd.GeoDataFrame], report: Mapping[str, Any]
) -> dict[str, Any]:
    """Give classes, labels and what the layers hold or lack."""
    names, measured = layers["countries"], {layer for _, layer in MEASURES.values()}
    targets = targets_of(report)
    return {
        "stages": STAGES,
        "first_stages": FIRST_STAGES,
        "ramp": SCORE_RAMP,
        "sizes": OXIDE_SIZES,
        "labels": layer_labels(targets),
        "measures": measure_names(targets),
        "targets": target_values(targets),
        "whole_countries": whole_countries(names, region_of_page(report)),
        "country_names": {
            plain(c): plain(n) for c, n in zip(names["country"], names["name"], strict=True)
        },
        "region": region_of_page(report),
        "unsure": {
            name: int((layers[name]["lateral_error_km"] > UNSURE_KM).sum())
            for name in ("railways", "roads")
            if name in layers
        },
        "water_kinds": sorted(set(layers["water"]["kind"])) if "water" in layers else [],
        "missing": [n for n in INFRASTRUCTURE if n in measured and n not in layers],
    }


def scoring_values(
    scores: pd.DataFrame, models: Sequence[Mapping[str, Any]], report: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what the page scores and searches by.

    ``columns`` holds, unrounded, the columns that models use and that are no distances; ``far``
    the rows in which a column is infinite, because JSON has no infinity; ``letters`` the
    transliteration of names.
    """
    used = [c["column"] for model in models for c in (*model["criteria"], *model["vetoes"])]
    numbers = {
        name: pd.to_numeric(scores[name]).to_numpy(np.float64, na_value=np.nan)
        for name in dict.fromkeys(used)
        if name in scores
    }
    far = {name: np.flatnonzero(np.isposinf(v)).tolist() for name, v in numbers.items()}
    texts = (scores[name].dropna() for name in _SEARCHED if name in scores)
    return {
        "models": [dict(model) for model in models],
        "concentration": float(report.get("concentration", Options().concentration)),
        "columns": {
            name: [float(v) if np.isfinite(v) else None for v in column]
            for name, column in numbers.items()
            if not name.startswith(_ROUNDED)
        },
        "far": {name: rows for name, rows in far.items() if rows},
        "letters": transliterations(str(text) for column in texts for text in column),
    }


def compared_pairs(scores: pd.DataFrame, pairwise: pd.DataFrame) -> dict[str, Any] | None:
    """Give the pairs of deposits that were compared, first those that cannot be told apart; None without any.

    ``a`` and ``b`` hold rows of `scores`, ``p`` the chance that ``a`` has the higher score, in parts of
    ``whole``; the first ``close`` pairs cannot be told apart; ``compared`` is the last rank of a role that
    was compared.
    """
    if "not_separable_from" not in scores or pairwise.empty:
        return None
    at = {deposit: row for row, deposit in enumerate(scores["id"])}
    joined = zip(scores["id"], scores["not_separable_from"], strict=True)
    close = {(a, b) for a, ids in joined if isinstance(ids, str) for b in ids.split(";")}
    chances = zip(pairwise["a"], pairwise["b"], pairwise["p_a_above_b"], strict=True)
    rows = [((a, b) not in close, at[a], at[b], round(p * _PER_PAIR)) for a, b, p in chances]
    _, a, b, p = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    known = {"compared": MOST_COMPARED, "whole": _PER_PAIR, "close": sum(not r[0] for r in rows)}
    return {**known, "a": a, "b": b, "p": p}


def rank_shares(acceptability: pd.DataFrame) -> dict[str, list[Any]]:
    """Give each deposit's first rank that occurs, and the draws on it and the next ones, in ‰."""
    ranks, out = acceptability.columns, {}
    for label, shares in zip(acceptability.index, acceptability.to_numpy(np.float64), strict=True):
        occurs = np.flatnonzero(shares > 0.0)
        if len(occurs):
            first, last = int(occurs[0]), int(occurs[-1])
            counts = np.rint(shares[first : last + 1] * _PER_WHOLE).astype(int)
            out[str(label)] = [int(ranks[first]), counts.tolist()]
    return out


def _central_weights(central_weights: pd.DataFrame) -> dict[str, Any]:
    leaders = central_weights.dropna(how="all").rename_axis("id").reset_index()
    return columnar(leaders, ("id", *central_weights.columns))


def _omission(omission: pd.DataFrame) -> dict[str, Any]:
    """Rows of all countries together, and of a single country where its lines were compared."""
    if "country" in omission:
        assumed = (
            omission["state"].eq("assumed") if "state" in omission else omission["rate"].isna()
        )
        compared = omission["source_id"].eq(_ALL) & ~assumed
        omission = omission[omission["country"].eq(_ALL) | compared]
    return columnar(omission, _OMISSION)


def _with_leading(resources: pd.DataFrame) -> pd.DataFrame:
    """Mark the statement of each deposit that says how large it is, and add the oxide of each."""
    if "substance" not in resources or "quantity_t" not in resources:
        return resources
    shown = resources.index.isin(leading_statements(resources).index)
    return with_oxide(resources).assign(shown=shown, beside=beside_leading(resources))


def _with_symbols(scores: pd.DataFrame, resources: pd.DataFrame) -> pd.DataFrame:
    """Add the contained oxide of the leading statement and the radius of each symbol."""
    oxide = leading_statements(resources).set_index("deposit_id")["oxide_t"].dropna().to_dict()
    ids = scores["id"] if "id" in scores else pd.Series(index=scores.index, dtype=object)
    known = pd.Series([oxide.get(i) for i in ids], index=scores.index, dtype=object)
    return scores.assign(oxide_t=known, radius_px=known.map(oxide_radius))

"""Routes and access cost of the ranked deposits, as a run measures and publishes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import STORE_CRS
from geo_ree.deposits import arrange_statements, ore_classes, stated_quantities
from geo_ree.pipeline.records import Layers, Measures
from geo_ree.routing.access import access_terms
from geo_ree.routing.access_table import access_cost
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.route_answers import AVOIDED, DEFAULT_QUESTION
from geo_ree.routing.site_access import reconcile
from geo_ree.schema import RANKED_ROLES
from geo_ree.schema.columns import arrange, output_columns

QUESTIONS = ((), AVOIDED)
"""What a run asks: any route, and those of the default question."""

DRAWS = 200
"""Draws of the costs of a run."""

SHAPES = (
    *("truck_line", "rail_line", "ferry_line", "sea_line", "assumed_line"),
    *("crossing_points", "gauge_points"),
)
"""Geometries of a route beside the whole of it, for the page."""

_MEASURED = ("dist_road_km", "dist_railway_km")
_NOT_ROUTED = "routes are computed for candidates and by-product hosts"
_OF_ROUTE = {
    "route_port": "port",
    "route_truck_km": "truck_km",
    "route_usd_t_p10": "usd_t_p10",
    "route_usd_t_p50": "usd_t_p50",
    "route_usd_t_p90": "usd_t_p90",
    "route_days": "days_mid",
}
_OF_ACCESS = {
    "access_usd_t_treo_p10": "usd_t_treo_p10",
    "access_usd_t_treo_p50": "usd_t_treo_p50",
    "access_usd_t_treo_p90": "usd_t_treo_p90",
    "access_share_pct": "share_pct_p50",
}


def measure_routes(measures: Measures, layers: Layers, seed: int) -> Measures:
    """Find the routes of the ranked deposits, and compute what access costs them.

    Any route, and the routes of the default question. The access cost follows from the published
    routes, so that whoever starts from ``corridors.csv`` gets the same.
    """
    table = measures.table[measures.table["role"].isin(RANKED_ROLES)]
    if table.empty:
        return measures
    deposits = with_quantities(table, layers)
    corridors = route_table(deposits, draws=DRAWS, seed=seed)
    access = access_table(deposits, routes=corridors, draws=DRAWS, seed=seed)
    return replace(measures, corridors=corridors, access=access)


def terms_for_page(measures: Measures, layers: Layers, seed: int) -> dict[str, Any] | None:
    """Give what the page computes the access cost from again; None where none was computed.

    At the rate and the unit costs of the run the terms add up to the published access cost.
    """
    if measures.access.empty:
        return None
    table = measures.table[measures.table["role"].isin(RANKED_ROLES)]
    deposits = with_quantities(table, layers)
    return access_terms(deposits, routes=measures.corridors, draws=DRAWS, seed=seed).to_dict()


def route_table(
    deposits: gpd.GeoDataFrame, questions: Sequence[Sequence[str]] = QUESTIONS, **asked: Any
) -> gpd.GeoDataFrame:
    """Find and publish the routes of each question: the countries that it avoids."""
    found = [find_corridors(deposits, avoid=codes, **asked) for codes in questions]
    return published_corridors(gpd.GeoDataFrame(pd.concat(found, ignore_index=True)))


def access_table(deposits: gpd.GeoDataFrame, **asked: Any) -> pd.DataFrame:
    """Compute and publish what access costs deposits."""
    return arrange(access_cost(deposits, **asked), "access").reset_index(drop=True)


def with_quantities(table: gpd.GeoDataFrame, layers: Layers) -> gpd.GeoDataFrame:
    """Put classes of ore and published quantities beside measured deposits."""
    frames = layers.frames
    statements = arrange_statements(frames.get("resources", pd.DataFrame()), frames["deposits"])
    quantities = stated_quantities(statements, table["id"])
    unmeasured = {name: np.nan for name in _MEASURED if name not in table}  # own targets
    return gpd.GeoDataFrame(table.join(ore_classes(table)).join(quantities).assign(**unmeasured))


def no_corridors() -> gpd.GeoDataFrame:
    """The routes of a run that looked for none: columns without rows."""
    none = {name: gpd.GeoSeries([], crs=STORE_CRS) for name in SHAPES}
    return gpd.GeoDataFrame({**_blank("corridors"), **none}, geometry=[], crs=STORE_CRS)


def no_access() -> pd.DataFrame:
    """The access cost of a run that computed none: columns without rows."""
    return pd.DataFrame(_blank("access"))


def published_corridors(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Publish routes: columns in order and rounded, each with its geometries by mode."""
    shapes = found.columns[found.dtypes == "geometry"].tolist()
    plain = pd.DataFrame(found).drop(columns=shapes)
    table = arrange(plain, "corridors").join(pd.DataFrame(found[shapes]))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=found.crs).reset_index(drop=True)


def route_columns(
    deposits: pd.DataFrame, corridors: pd.DataFrame, access: pd.DataFrame
) -> pd.DataFrame:
    """Give each deposit the figures of its cheapest route of the default question.

    Parameters
    ----------
    deposits
        With ``id`` and ``role``.
    corridors, access
        As published.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`: ``route_...`` and ``access_...`` of the table of scores. A figure
        that is unknown is blank, and ``route_note`` says why; ``site_access_note`` reconciles a line
        that a source places at the deposit with the measured distance.
    """
    asked = corridors[corridors["question"] == DEFAULT_QUESTION]
    route = asked.drop_duplicates("deposit_id").set_index("deposit_id")
    total = access[access["component"] == "total"].set_index("deposit_id")
    ids = deposits["id"].tolist()
    route, total = route.reindex(ids), total.reindex(ids)
    modes = route[["truck_km", "rail_km", "ferry_km", "sea_km"]].astype(float)
    out = {"route_km": modes.sum(axis=1, min_count=1)}
    out |= {name: route[column] for name, column in _OF_ROUTE.items()}
    out |= {name: total[column].astype(float) for name, column in _OF_ACCESS.items()}
    blank = total["note"].where(total["usd_t_treo_p50"].isna())
    notes = [
        _note(role, *words)
        for role, *words in zip(
            deposits["role"], route["note"], route["assumed"], blank, strict=True
        )
    ]
    said = pd.Series(reconcile(access), dtype=object).reindex(ids)
    table = pd.DataFrame(out).assign(
        site_access_note=said.where(said.notna(), None),
        route_note=pd.Series(notes, ids, dtype=object),
    )
    port = table["route_port"].astype(object)
    table["route_port"] = port.where(port.notna() & (port != ""), None)
    return table.set_axis(deposits.index)


def _note(role: object, why: object, assumed: object, access: object) -> str | None:
    if role not in RANKED_ROLES:
        return _NOT_ROUTED
    said = [part for text in (why, access) if isinstance(text, str) for part in text.split("; ")]
    if isinstance(assumed, str) and assumed:
        said.append(f"assumed: {assumed.replace(';', ', ')}")
    return "; ".join(dict.fromkeys(filter(None, said))) or None


def _blank(table: str) -> dict[str, pd.Series]:
    """Columns of a published table without rows, numbers as numbers."""
    return {
        column.name: pd.Series([], dtype=object if column.decimals is None else float)
        for column in output_columns(table)
        if "*" not in column.name
    }

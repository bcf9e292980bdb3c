"""Routes and access cost before and after a scenario, with the chance that they become cheaper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import GEOD, Floats, destination, length_km
from geo_ree.pipeline.deposit_routes import DRAWS
from geo_ree.routing import access_terms
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.cost_terms import evaluate
from geo_ree.routing.network import Network, load_network
from geo_ree.routing.route_answers import AVOIDED, DEFAULT_QUESTION
from geo_ree.routing.route_costs import haulage_draws
from geo_ree.studies.scenarios.planned_features import KINDS

COURSES = 5
"""Courses of uncertain lines, the one as drawn among them: each takes some seconds."""

STEP_KM = 5.0
"""Distance of the vertices of a drawn course: each may be a railhead."""

_FREIGHT = tuple(kind for kind in KINDS["railways"] if kind != "narrow_gauge")
_PARTS = ("truck_km", "rail_km", "ferry_km", "sea_km")
_TEXTS = ("corridor", "port")
_FIGURES = ("km", "days")
_COSTS = ("usd_t", "access_usd_t_treo", "access_usd_t_product")
_PERCENTILES = (10, 50, 90)
_CENT = 0.01
"""USD per t by which a cost has to fall to count as cheaper."""

COLUMNS = (
    *("id", "name", "country", "question"),
    *(
        f"{name}_{when}"
        for name in (*_TEXTS, *_FIGURES, *(f"{c}_p{p}" for c in _COSTS for p in _PERCENTILES))
        for when in ("before", "after")
    ),
    *("p_route_cheaper", "p_access_cheaper"),
)
"""Columns of the table of routes."""


@dataclass(frozen=True)
class Routed:
    """Cheapest routes of deposits by one question, and costs (n, draws) by name; NaN without a way."""

    rows: gpd.GeoDataFrame
    costs: Mapping[str, Floats]


def compare_routes(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, seed: int
) -> pd.DataFrame:
    """Find the cheapest route of each deposit without and with the added railways.

    Parameters
    ----------
    before, after
        The measured table of the ranked deposits before and after, on one index.
    lines
        Added features of the layer ``railways`` that count, whole (not cut at borders).
    seed
        Of the unit costs, which before and after share, and of the courses of the lines.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: a row per deposit and question (any route, and the default question). Kilometres
        and days after are those of the line as drawn; costs after are over `COURSES` courses
        within its lateral error, that one among them. ``p_route_cheaper`` and ``p_access_cheaper`` are the
        share of the draws in which haulage, or access per t of product, costs less than before.
        Without a railway for freight among the lines there is no row.
    """
    if not lines.empty:  # a scenario that adds nothing has no columns either
        lines = _single_lines(lines[lines["kind"].isin(_FREIGHT)])
    if lines.empty or before.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    network = load_network()
    old = _routed(before, network, seed)
    courses = draw_courses(lines, COURSES, seed)
    new = [_routed(after, network.with_lines(course), seed) for course in courses]
    parts = [_compared(before, q, old[q], _over_courses([each[q] for each in new])) for q in old]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _single_lines(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lines of one part each; the published length of a whole says nothing of its parts."""
    parts = lines.explode(ignore_index=True)
    several = parts.duplicated("feature", keep=False)
    return parts.assign(length_km=parts["length_km"].mask(several))


def draw_courses(lines: gpd.GeoDataFrame, count: int, seed: int) -> Iterator[gpd.GeoDataFrame]:
    """Give lines as they are drawn, then ``count - 1`` other courses that they may have.

    A course is bent to one side, in its middle by at most the lateral error; its ends stay where
    they are. The error is cut into `count` strips of one width: the course as drawn stands for the
    middle one, and each other course of a line lies in another, whatever the other lines are.
    Lines without an error have no other course.
    """
    errors = lines["lateral_error_km"].to_numpy(np.float64)
    aside = np.stack([_strips(shape, count, seed) for shape in lines.geometry], axis=1)
    for shares in aside if (errors > 0).any() else aside[:1]:
        shapes = list(map(_bent, lines.geometry, shares * errors))
        yield lines.set_geometry(gpd.GeoSeries(shapes, index=lines.index, crs=lines.crs))


def _strips(line: shapely.LineString, count: int, seed: int) -> Floats:
    """A share of the error (-1 to 1) in each of `count` strips: 0, then the others shuffled."""
    rng = np.random.default_rng([seed, crc32(line.wkb)])
    others = rng.permutation(np.delete(np.arange(count), count // 2))
    return np.r_[0.0, 2.0 * (others + rng.uniform(size=count - 1)) / count - 1.0]


def _bent(line: shapely.LineString, aside_km: float) -> shapely.LineString:
    """A line with a vertex every `STEP_KM`, the middle moved to its right by `aside_km`."""
    steps = max(2, int(np.ceil(length_km(line) / STEP_KM)))
    places = shapely.points(shapely.get_coordinates(line))
    own = shapely.line_locate_point(line, places, normalized=True)
    share = np.union1d(np.linspace(0.0, 1.0, steps + 1), np.round(own, 9))
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, share, normalized=True))
    if not aside_km:
        return shapely.LineString(xy)
    ahead, behind = xy[np.r_[1 : len(xy), -1]], xy[np.r_[0, 0 : len(xy) - 1]]
    azimuth = GEOD.inv(*behind.T.copy(), *ahead.T.copy())[0]
    metres = 1000.0 * aside_km * np.sin(np.pi * share)
    lon, lat = destination(xy[:, 0], xy[:, 1], azimuth + 90.0, metres)
    lon[[0, -1]], lat[[0, -1]] = xy[[0, -1], 0], xy[[0, -1], 1]
    return shapely.LineString(np.c_[lon, lat])


def _routed(deposits: gpd.GeoDataFrame, network: Network, seed: int) -> dict[str, Routed]:
    """Both questions of a network in turn: the second finds the railheads of the first."""
    asked = (("any", ()), (DEFAULT_QUESTION, AVOIDED))
    return {question: _ask(deposits, network, avoided, seed) for question, avoided in asked}


def _ask(
    deposits: gpd.GeoDataFrame, network: Network, avoided: tuple[str, ...], seed: int
) -> Routed:
    found = find_corridors(deposits, network, avoid=avoided, draws=DRAWS, seed=seed)
    rows = found.drop_duplicates("deposit_id").set_index("deposit_id", drop=False)
    rows = rows.loc[deposits["id"]]
    terms = access_terms(deposits, routes=rows, draws=DRAWS, seed=seed)
    costs = evaluate(terms)
    treo = costs.usd_t_treo["total"]
    limited = terms.deposits["limit_t_a"].notna().to_numpy()
    return Routed(
        rows=rows,
        costs={
            "usd_t": haulage_draws(rows, DRAWS, seed),
            "access_usd_t_treo": np.where(limited[:, None], treo, np.nan),
            "access_usd_t_product": treo / costs.product_t,
        },
    )


def _over_courses(courses: Sequence[Routed]) -> Routed:
    """Rows of the first course; costs over all of them, each with its share of the draws."""
    costs = {name: values.copy() for name, values in courses[0].costs.items()}
    for number, course in enumerate(courses):
        for name, values in costs.items():
            values[:, number :: len(courses)] = course.costs[name][:, number :: len(courses)]
    return Routed(rows=courses[0].rows, costs=costs)


def _compared(
    deposits: gpd.GeoDataFrame, question: str, before: Routed, after: Routed
) -> pd.DataFrame:
    out = pd.DataFrame(deposits[["id", "name", "country"]]).assign(question=question)
    for when, routed in (("before", before), ("after", after)):
        rows = routed.rows
        columns = {name: rows[name] for name in _TEXTS}
        columns["km"] = rows[[*_PARTS]].astype(float).sum(axis=1, min_count=1)
        columns["days"] = rows["days_mid"].astype(float)
        for name, column in columns.items():
            out[f"{name}_{when}"] = column.to_numpy()
        for name, values in routed.costs.items():
            for percent, figures in zip(_PERCENTILES, _percentiles(values), strict=True):
                out[f"{name}_p{percent}_{when}"] = figures
    for name, cost in (("route", "usd_t"), ("access", "access_usd_t_product")):
        out[f"p_{name}_cheaper"] = _cheaper(before.costs[cost], after.costs[cost])
    return out


def _percentiles(values: Floats) -> Floats:
    """Percentiles of each row over the draws in which there is a way; NaN without any."""
    out = np.full((len(_PERCENTILES), len(values)), np.nan)
    known = np.isfinite(values).any(axis=1)
    out[:, known] = np.nanpercentile(values[known], _PERCENTILES, axis=1)
    return out


def _cheaper(before: Floats, after: Floats) -> Floats:
    """Share of the draws in which a cost falls, or there is a way where there was none."""
    old, new = (np.where(np.isnan(v), np.inf, v) for v in (before, after))
    share = (new < old - _CENT).mean(axis=1)
    return np.where(np.isinf(old).all(axis=1) & np.isinf(new).all(axis=1), np.nan, share)

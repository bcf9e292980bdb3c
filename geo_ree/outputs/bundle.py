"""What is handed on: the tables of a run, each cell fit for every format, and who is to be named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS
from geo_ree.outputs.notice import SOURCE_COLUMNS
from geo_ree.pipeline.rasters import Goal, choose_goal
from geo_ree.pipeline.result import Result
from geo_ree.proximity.grid import Box
from geo_ree.scoring import ScoreModel
from geo_ree.settings import REGION, SCORED_COUNTRIES

INFRASTRUCTURE = (
    "railways",
    "roads",
    "power_lines",
    "power_plants",
    "gateways",
    "settlements",
    "water",
    "airports",
    "countries",
)
"""Layers that are handed on where a run has them."""

RESOLUTION = "5 km"
"""Greatest side of a raster's cell unless another is asked for.

Coarse, for the positions themselves are often known to some kilometres only, and quick: seven
rasters of 870,000 cells take four seconds on two cores, eight the first time. `geo_ree.surface` makes
finer ones.
"""

_AREA_ORDER = {"feasible": 0, "contradicting": 1, "country": 2}
_CRITERIA = (
    "name",
    "label",
    "column",
    "weight",
    "half_km",
    "decay",
    "measured_to",
    "reason",
    "source",
    "decay_reason",
    "decay_source",
)
Table = TypeVar("Table", bound=pd.DataFrame)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The tables of one run, as every format takes them.

    Parameters
    ----------
    scored
        A row per scored deposit, points.
    unranked
        A row per candidate or host without a coordinate; the geometry is the area that published
        distances leave it, ``area_kind`` and ``area_evidence`` say what kind of area is known.
    areas
        Where published distances allow deposits to be, polygons.
    resources
        Published statements of quantity, never added up.
    infrastructure
        Canonical layers by name.
    sources
        A row per input of the run, columns `SOURCE_COLUMNS`.
    criteria
        What the score is made of.
    run
        ``run_id, version, schema_version, created, preset, seed, draws, disclaimer``.
    model
        What the deposits were scored by; None leaves the raster of scores out.
    goals
        Column of the model (``dist_railway_km``) -> what its raster of distances goes to.
    box
        Of the rasters: western, southern, eastern and northern edge, degrees.
    resolution
        Of the rasters: greatest side of a cell, see `geo_ree.proximity.surface`.

    Notes
    -----
    Texts hold no character that XML forbids, so that no format has to break one; nothing else
    in them is changed.
    """

    scored: gpd.GeoDataFrame
    unranked: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    resources: pd.DataFrame
    infrastructure: Mapping[str, gpd.GeoDataFrame]
    sources: pd.DataFrame
    criteria: pd.DataFrame
    run: Mapping[str, Any]
    model: ScoreModel | None = None
    goals: Mapping[str, Goal] = field(default_factory=dict)
    box: Box = REGION
    resolution: float | str = RESOLUTION


def gather_tables(result: Result) -> Bundle:
    """Take from a run what is handed on.

    Parameters
    ----------
    result
        Of `geo_ree.pipeline.run`.

    Returns
    -------
    Bundle
    """
    located = result.harmonized.located
    layers = result.harmonized.layers
    drawn = located.areas[located.areas.geometry.notna()]
    keys = (
        "run_id",
        "version",
        "schema_version",
        "created",
        "preset",
        "seed",
        "draws",
        "disclaimer",
    )
    return Bundle(
        scored=cleaned(result.table),
        unranked=cleaned(with_areas(result.unranked, drawn)),
        areas=cleaned(drawn[drawn["kind"] != "country"].reset_index(drop=True)),
        resources=cleaned(result.statements),
        infrastructure={n: cleaned(layers[n]) for n in INFRASTRUCTURE if n in layers},
        sources=cleaned(pd.DataFrame(result.report["inputs"]).reindex(columns=SOURCE_COLUMNS)),
        criteria=cleaned(pd.DataFrame(result.analysis.criteria).reindex(columns=_CRITERIA)),
        run={k: result.report[k] for k in keys},
        model=result.analysis.model,
        goals=_goals(result),
        box=box_of(layers["countries"]),
    )


def _goals(result: Result) -> dict[str, Goal]:
    """What the model measures to, where the run has any of it."""
    model, layers = result.analysis.model, result.harmonized.layers
    columns = model.columns if model is not None else ()
    chosen = {
        f"dist_{t.name}_km": choose_goal(t, layers, result.harmonized.coverage)
        for t in result.analysis.targets.values()
        if f"dist_{t.name}_km" in columns
    }
    return {column: goal for column, goal in chosen.items() if len(goal.rows)}


def box_of(countries: gpd.GeoDataFrame) -> Box:
    """The box of the countries whose deposits are ranked, in whole degrees.

    Examples
    --------
    >>> box_of(gpd.GeoDataFrame({"country": ["KGZ"]}, geometry=[shapely.box(69.3, 39.2, 80.2, 43.2)]))
    (69.0, 39.0, 81.0, 44.0)
    """
    ranked = countries[countries["country"].isin(SCORED_COUNTRIES)]
    if ranked.empty:
        return REGION
    west, south, east, north = ranked.total_bounds
    return (
        float(math.floor(west)),
        float(math.floor(south)),
        float(math.ceil(east)),
        float(math.ceil(north)),
    )


def with_areas(unranked: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give deposits without a coordinate the smallest area that is known of them.

    Parameters
    ----------
    unranked
        A row per deposit, ``id``.
    areas
        ``deposit, kind, evidence, geometry``, no geometry missing.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows, with ``area_kind``, ``area_evidence`` and a geometry. It is None where no area is
        known, and where it is a whole country: nineteen copies of one country tell nothing.

    Examples
    --------
    >>> areas = gpd.GeoDataFrame(
    ...     {"deposit": ["a", "a"], "kind": ["country", "feasible"], "evidence": ["KAZ", "40 km"]},
    ...     geometry=[shapely.box(60, 40, 80, 55), shapely.box(70, 45, 71, 46)], crs=4326)
    >>> with_areas(pd.DataFrame({"id": ["a", "b"]}), areas)["area_kind"].tolist()
    ['feasible', None]
    """
    usable = areas[areas["kind"].isin(_AREA_ORDER)]
    order = usable["kind"].map(_AREA_ORDER).sort_values(kind="stable").index
    best = usable.loc[order].groupby("deposit", sort=False)
    kind, told, shapes = {}, {}, {}
    for deposit, rows in best:
        same = rows[rows["kind"] == rows["kind"].iloc[0]]
        kind[deposit] = same["kind"].iloc[0]
        told[deposit] = "; ".join(same["evidence"].astype(str))
        if kind[deposit] != "country":
            shapes[deposit] = shapely.union_all(same.geometry.to_numpy())
    ids = unranked["id"].tolist()
    index = unranked.index
    return gpd.GeoDataFrame(
        unranked.assign(
            area_kind=pd.Series([kind.get(i) for i in ids], index, dtype=object),
            area_evidence=pd.Series([told.get(i) for i in ids], index, dtype=object),
        ),
        geometry=[shapes.get(i) for i in ids],
        crs=STORE_CRS,
    )


def cleaned(table: Table) -> Table:
    r"""Take out of every text what XML cannot carry: NUL and the other control characters.

    Parameters
    ----------
    table
        Any frame. Lists become texts; what is unknown becomes None in columns of texts.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        A new frame.

    Examples
    --------
    >>> cleaned(pd.DataFrame({"name": ["a\x00b\tc", None], "n": [1, 2]}))["name"].tolist()
    ['ab\tc', None]
    """
    out = table.copy()
    out.attrs = {}
    for name in out.columns:
        column = out[name]
        if isinstance(column.dtype, gpd.array.GeometryDtype) or _is_plain(column):
            continue
        out[name] = pd.Series([plain_text(v) for v in column], column.index, dtype=object)
    return out


def _is_plain(column: pd.Series) -> bool:
    return pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype)


def plain_text(value: Any) -> str | None:
    r"""A value as text that every format can carry, None where it is unknown.

    Examples
    --------
    >>> plain_text("a\x00b"), plain_text(float("nan")), plain_text(["x", "y"]), plain_text({})
    ('ab', None, 'x;y', '')
    """
    if isinstance(value, list | tuple):
        value = ";".join(str(v) for v in value)
    elif isinstance(value, Mapping):
        value = ";".join(f"{k}: {v}" for k, v in value.items())
    elif pd.isna(value):
        return None
    return _FORBIDDEN.sub("", str(value))

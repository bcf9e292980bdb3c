"""The page: one HTML file that opens anywhere and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import geopandas as gpd
import pandas as pd

from geo_ree.errors import RenderError
from geo_ree.maps import feature_groups as layers
from geo_ree.maps.document import assemble
from geo_ree.maps.feature_groups import Drawn
from geo_ree.maps.packing import columnar, contained_oxide, packed, plain, plain_dicts
from geo_ree.maps.panel_data import (
    PANEL_COLUMNS,
    doubt_tables,
    evidence_values,
    panel_values,
    with_classes,
)
from geo_ree.maps.style import LABELS, MEASURES, OXIDE_SIZES, SCORE_RAMP, UNSURE_KM, oxide_radius
from geo_ree.settings import REGION, SCORED_COUNTRIES

_DEPOSIT = (
    "id",
    "name",
    "aliases",
    "country",
    "country_reported",
    "country_note",
    "role",
    "commodity_group",
    "commodities",
    "deposit_type",
    "status",
    "operator",
    "admin_area",
    "latitude",
    "longitude",
    "position_error_m",
    "position_basis",
    "precision_class",
    "flags",
    "score",
    "unknown_weight_pct",
    "rank",
    "rank_p5",
    "rank_p95",
    "p_top3",
    "p_top5",
    "score_p5",
    "score_p95",
    "tie_group",
    "reasons_for",
    "reasons_against",
    "reference",
    "sources",
    "source_quality",
    "notes",
    "oxide_t",
    "radius_px",
    "sentence",
    *PANEL_COLUMNS,
)
_STEMS = (
    "dist_",
    "err_",
    "near_",
    "abroad_",
    "points_",
    "foot_",
    "elevation_",
    "slope_",
    "ruggedness_",
    "terrain_",
    "climb_",
    "above_",
    "pass_",
)
_UNRANKED = (
    "id",
    "name",
    "aliases",
    "role",
    "country",
    "country_reported",
    "admin_area",
    "commodity_group",
    "commodities",
    "deposit_type",
    "status",
    "operator",
    "resource_note",
    "source_quality",
    "reference",
    "notes",
    "sources",
    "score_worst",
    "score_best",
    "rank_best",
    "rank_worst",
    "p_lead",
    "area_basis",
    "area_km2",
    "sentence",
)
_RESOURCE = (
    "deposit_id",
    "substance",
    "quantity_t",
    "grade_pct",
    "grade_text",
    "category",
    "system",
    "edition",
    "year",
    "source",
    "notes",
    "shown",
    "contradiction",
)
_SOURCE = (
    "id",
    "layer",
    "label",
    "title",
    "publisher",
    "licence",
    "licence_url",
    "attribution",
    "edition",
    "landing_page",
    "rows",
    "sha256",
    "retrieved",
    "came_from",
)
_CRITERION = (
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
_SCENARIO = (
    "id",
    "scenario",
    "near_gateway",
    "dist_gateway_km",
    "score",
    "rank",
    "foot_gateway_lon",
    "foot_gateway_lat",
)
_AUDIT = ("id", "flag", "distance_km", "evidence", "sources")
_CONFLICT = ("deposit", "attribute", "values", "sources")
_QUIET_ROLES = ("context", "not_ree")
_INFRASTRUCTURE = (
    "water",
    "roads",
    "railways",
    "power_lines",
    "settlements",
    "power_plants",
    "gateways",
)


@dataclass(frozen=True, kw_only=True)
class PageData:
    """All that the page shows.

    Parameters
    ----------
    scored
        A row per scored deposit (points): the deposit's columns, ``score``, ranks,
        ``dist_<layer>_km``, ``err_<layer>_km``, ``near_<layer>``, ``abroad_<layer>_km``,
        ``near_abroad_<layer>`` and ``points_<criterion>``; NaN is unknown.
    unranked
        Candidates and hosts that no source gives a coordinate.
    resources
        The canonical layer ``resources``; ``deposit_id`` names rows of the two above. Where it
        has them, ``shown`` marks the statement of a deposit that comes first, and
        ``contradiction`` says how another differs from it.
    layers
        Canonical layers by name, ``countries`` among them; others may be missing.
    sources
        The inputs of the run: title, publisher, licence, attribution, edition, sha256, rows.
    criteria
        The criteria of the score: name, label, column, weight, half_km, reason, source.
    scenarios
        Rank and score of each candidate under other gateways.
    run
        The report of the run: version, schema_version, seed, draws, created, warnings,
        disclaimer.
    audit, positions, areas
        Of `geo_ree.deposits.location`: what speaks against positions, all printed positions, and
        areas of published distances; None draws none.
    conflicts
        Of `geo_ree.deposits.merging`: where the records of a deposit disagree; None for none.
    acceptability
        Index deposit id, columns ranks from 1: the share of the draws on each rank among the
        deposits of its role; None for none.
    central_weights
        Index deposit id, columns criteria: the mean weights of the draws in which it came first,
        NaN for those that never do; None for none.
    influence
        A row per assumption, the strongest first: ``assumption, kind`` (weight | kilometres |
        unknown), ``criterion, first_order, total, total_conf`` and, of a weight, ``weight``,
        ``weight_needed`` (the nearest share that changes the leader), ``change``,
        ``new_leader`` (a deposit id); None in a row for unknown, and in all for none.
    omission
        What each source of lines leaves out: ``target, layer``, ``source_id`` and ``country``
        (``*`` for all together), ``rate, rate_low, rate_high, basis`` and what they come from;
        None for none.
    feet
        Index deposit id, columns ``foot_<layer>_lon`` and ``foot_<layer>_lat``: what was
        measured to, as `geo_ree.proximity.measures` tells it; None draws no lines.
    models
        Score models as plain values, the run's own first (`geo_ree.scoring.plain_models`): the
        page scores by them when weights are changed. Without one it offers no weights.
    surface
        Of `geo_ree.maps.score_picture`: the score of every place; None draws none.
    """

    scored: gpd.GeoDataFrame
    unranked: pd.DataFrame
    resources: pd.DataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    sources: Sequence[Mapping[str, Any]]
    criteria: Sequence[Mapping[str, Any]]
    scenarios: pd.DataFrame
    run: Mapping[str, Any]
    audit: pd.DataFrame | None = None
    positions: gpd.GeoDataFrame | None = None
    areas: gpd.GeoDataFrame | None = None
    conflicts: pd.DataFrame | None = None
    acceptability: pd.DataFrame | None = None
    central_weights: pd.DataFrame | None = None
    influence: Sequence[Mapping[str, Any]] | None = None
    omission: pd.DataFrame | None = None
    surface: Drawn | None = None
    feet: pd.DataFrame | None = None
    models: Sequence[Mapping[str, Any]] = ()


def render(data: PageData) -> str:
    """Make the page.

    Parameters
    ----------
    data
        All that it shows.

    Returns
    -------
    str
        One HTML document without any reference to another file or host; the same data give
        the same text.

    Raises
    ------
    RenderError
        When the countries are missing, or something in the page would ask the network.

    Examples
    --------
    >>> import shapely
    >>> land = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                         geometry=[shapely.box(50, 42, 85, 55)], crs=4326)
    >>> site = gpd.GeoDataFrame(
    ...     {"id": ["a"], "name": ["A"], "role": ["candidate"], "score": [50.0], "rank": [1],
    ...      "latitude": [45.0], "longitude": [70.0]},
    ...     geometry=[shapely.Point(70, 45)], crs=4326)
    >>> page = render(PageData(
    ...     scored=site, unranked=pd.DataFrame({"id": ["b"], "role": ["candidate"]}),
    ...     resources=pd.DataFrame(), layers={"countries": land}, sources=[], criteria=[],
    ...     scenarios=pd.DataFrame(), run={}))
    >>> "<title>1 of 2 candidates ranked" in page
    True
    """
    if "countries" not in data.layers:
        raise RenderError("the page has no countries to draw", "give the layer countries")
    west, south, east, north = REGION
    chart = folium.Map(
        location=[45.5, 78.0],
        zoom_start=4,
        tiles=None,
        prefer_canvas=True,
        min_zoom=3,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=90,
        max_bounds=True,
        min_lat=south - 62,
        max_lat=north + 18,
        min_lon=west - 20,
        max_lon=east + 20,
        max_bounds_viscosity=0.6,
    )
    chart._id = "page"
    chart.default_js, chart.default_css = [], []
    groups = _groups(data)
    for group in groups:
        group.add_to(chart)
    switch = folium.LayerControl(collapsed=True)
    switch._id = "switch"
    switch.add_to(chart)
    figure = folium.Figure(title=None)
    figure._id = "figure"
    figure.add_child(chart)
    ranked, candidates = _counts(data)
    title = f"{ranked} of {candidates} candidates ranked"
    values = {
        "title": title,
        "layers": {group.slug: [group.kind, group.payload] for group in groups},
        **_values(data),
    }
    return assemble(figure.render(), values=values, title=title, chart=chart.get_name())


def _counts(data: PageData) -> tuple[int, int]:
    """Candidates with a rank, and all candidates known."""
    placed = data.scored["role"] == "candidate"
    blank = (data.unranked["role"] == "candidate").sum() if "role" in data.unranked else 0
    return int(data.scored.loc[placed, "rank"].notna().sum()), int(placed.sum() + blank)


def _groups(data: PageData) -> list[Drawn]:
    quiet = data.scored["role"].isin(_QUIET_ROLES)
    made = [layers.countries(data.layers["countries"])]
    if data.surface is not None:
        made.append(data.surface)
    if "settlements" in data.layers:
        made.append(layers.capitals(data.layers["settlements"]))
    for name in _INFRASTRUCTURE:
        if name in data.layers:
            made.append(getattr(layers, name)(data.layers[name]))
    if data.positions is not None and data.areas is not None:
        shown = data.positions["deposit"].isin(data.scored["id"])
        made.append(layers.audit(data.positions[shown], data.areas))
    if data.areas is not None and "id" in data.unranked:
        made.append(layers.unranked(data.areas, data.unranked))
    made += [layers.context(data.scored[quiet]), layers.deposits(data.scored[~quiet])]
    return [*made, layers.tiles()]


def _values(data: PageData) -> dict[str, Any]:
    scored = with_classes(_with_sizes(data.scored, data.resources))
    if data.feet is not None:
        scored = scored.join(data.feet, on="id")
    names = data.layers["countries"]
    measured = {c.get("column") for c in data.criteria}
    further = (c for c in scored.columns if c.startswith(_STEMS) or c in measured)
    return {
        "deposits": packed(scored, (*_DEPOSIT, *further)),
        "unranked": columnar(data.unranked, _UNRANKED),
        "resources": columnar(data.resources, _RESOURCE),
        "audit": columnar(_or_none(data.audit), _AUDIT),
        "conflicts": columnar(_or_none(data.conflicts), _CONFLICT),
        "sources": plain_dicts(data.sources, _SOURCE),
        "criteria": plain_dicts(data.criteria, _CRITERION),
        "scenarios": packed(data.scenarios, _SCENARIO),
        **evidence_values(data.acceptability),
        "doubt": doubt_tables(data.central_weights, data.influence, data.omission),
        "panel": panel_values(scored, data.models),
        "run": {
            **{
                k: plain(data.run.get(k))
                for k in (
                    "disclaimer",
                    "run_id",
                    "schema_version",
                    "version",
                    "created",
                    "seed",
                    "draws",
                    "preset",
                )
            },
            "warnings": [str(w) for w in data.run.get("warnings", ())],
        },
        "ramp": SCORE_RAMP,
        "sizes": OXIDE_SIZES,
        "labels": dict(LABELS),
        "measures": dict(MEASURES),
        "scored_countries": SCORED_COUNTRIES,
        "country_names": {
            plain(c): plain(n) for c, n in zip(names["country"], names["name"], strict=True)
        },
        "region": REGION,
        "unsure": _unsure_counts(data.layers),
        "water_kinds": sorted(set(data.layers["water"]["kind"])) if "water" in data.layers else [],
        "missing": [n for n in _INFRASTRUCTURE if n not in data.layers],
    }


def _or_none(table: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame() if table is None else table


def _with_sizes(scored: gpd.GeoDataFrame, resources: pd.DataFrame) -> pd.DataFrame:
    """The table with the tonnage and the radius of each symbol."""
    oxide = contained_oxide(resources)
    known = pd.Series([oxide.get(str(i)) for i in scored["id"]], index=scored.index, dtype=object)
    table = pd.DataFrame(scored.drop(columns=scored.active_geometry_name))
    return table.assign(oxide_t=known, radius_px=known.map(oxide_radius))


def _unsure_counts(canonical: Mapping[str, gpd.GeoDataFrame]) -> dict[str, int]:
    return {
        name: int((canonical[name]["lateral_error_km"] > UNSURE_KM).sum())
        for name in ("railways", "roads")
        if name in canonical
    }

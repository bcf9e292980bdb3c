"""The page: one HTML file that opens anywhere and loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import pandas as pd

from geo_ree.deposits import leading_statements
from geo_ree.errors import RenderError
from geo_ree.maps import feature_groups, zone_groups
from geo_ree.maps.board import LEADING, board
from geo_ree.maps.card_facts import card_facts
from geo_ree.maps.document import assemble
from geo_ree.maps.feature_groups import MapLayer
from geo_ree.maps.languages import load_languages
from geo_ree.maps.measured_features import layer_labels, layer_targets, targets_of
from geo_ree.maps.page_values import (
    CONTEXT,
    INFRASTRUCTURE,
    SURROUNDINGS,
    page_values,
    region_of_page,
    scored_countries,
)
from geo_ree.maps.relief import relief
from geo_ree.maps.route_values import term_values
from geo_ree.maps.surroundings import land_beyond
from geo_ree.settings import REGION, Box

_LINES = ("railways", "roads", "power_lines", "water")
"""Layers whose features are cut at the edge of the region."""
_QUIET_ROLES = ("context", "not_ree")
_TITLE = "Rare-earth deposits of Central Asia: access to infrastructure"
"""Title of the document until its script has set it in the reader's language."""


def render(
    tables: Mapping[str, pd.DataFrame],
    *,
    layers: Mapping[str, gpd.GeoDataFrame],
    models: Sequence[Mapping[str, Any]] = (),
    report: Mapping[str, Any],
    picture: MapLayer | None = None,
    access_terms: Mapping[str, Any] | None = None,
) -> str:
    """Render the results of a run as one self-contained HTML page.

    Parameters
    ----------
    tables
        Tables by name. The page leaves out the part whose table is missing.

        - ``scores``: one row per scored deposit with its columns, ``score``, ranks,
          ``dist_<layer>_km``, ``err_<layer>_km``, ``near_<layer>``, ``abroad_<layer>_km``,
          ``near_abroad_<layer>``, ``unsure_<layer>_km`` and ``points_<criterion>``; NaN is unknown.
        - ``unranked``: candidates and by-product hosts without a coordinate.
        - ``resources``: the canonical layer of published quantities. ``shown`` marks the
          statement a deposit shows first, ``contradiction`` how another one differs from it.
        - ``flags``: facts beside the score, a row each, from `geo_ree.flags`.
        - ``control``: who holds the deposits; ``deals`` and ``governance``: dated facts.
        - ``audit``, ``positions``, ``areas``: from `geo_ree.locate`.
        - ``conflicts``: attributes on which the records of a deposit disagree.
        - ``criteria``: name, label, column, weight, half_km, reason and source of each criterion.
        - ``acceptability``: index deposit id, columns ranks: share of the draws on each rank.
        - ``central_weights``: index deposit id, columns criteria: mean weights of the draws in
          which the deposit came first; NaN if it never did.
        - ``influence``: one row per assumption, the strongest first.
        - ``omission``: share of the lines that each source lacks.
        - ``gateways``: score and rank of each candidate under other choices of gateway.
        - ``corridors``: the routes of each deposit, from `geo_ree.find_corridors`, the rows of all
          questions together; ``access``: what access costs, from `geo_ree.access_cost`.
        - ``feet``: index deposit id, columns ``foot_<layer>_lon`` and ``foot_<layer>_lat``: the
          nearest point of the nearest feature, in degrees.
    layers
        Canonical layers by name, in degrees. ``countries`` is required.
    models
        Score models as `geo_ree.scoring.models_for_table` gives them, the model of the run first. The page
        uses them to score again when a reader changes the weights; without a model it has no
        sliders.
    report
        Report of the run: ``inputs`` (the sources), ``run_id``, ``version``, ``schema_version``,
        ``seed``, ``draws``, ``concentration``, ``preset``, ``created``, ``warnings``,
        ``disclaimer``.
    picture
        Raster of scores from `geo_ree.maps.score_picture`, drawn as a layer of its own.
    access_terms
        Terms and draws from `AccessTerms.to_dict`, from which the page computes the cost of access
        again when a reader changes the tonnage or a unit cost; without them it has no sliders.

    Returns
    -------
    str
        One HTML document without any reference to another file or host. The same arguments give
        the same text.

    Raises
    ------
    RenderError
        If ``countries`` is missing, or if something in the page would use the network.

    Examples
    --------
    >>> import shapely
    >>> land = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                         geometry=[shapely.box(50, 42, 85, 55)], crs=4326)
    >>> scores = pd.DataFrame({"id": ["a"], "name": ["A"], "role": ["candidate"], "rank_in_role": [1],
    ...                        "score": [50.0], "latitude": [45.0], "longitude": [70.0]})
    >>> unranked = pd.DataFrame({"id": ["b"], "role": ["candidate"]})
    >>> page = render({"scores": scores, "unranked": unranked}, layers={"countries": land}, report={})
    >>> "<title>Rare-earth deposits of Central Asia" in page
    True
    """
    if "countries" not in layers:
        raise RenderError("the page has no countries to draw", "give the layer countries")
    scores = tables.get("scores", pd.DataFrame(columns=["id", "role", "rank_in_role"]))
    tables = {**tables, "scores": scores}
    region = region_of_page(report)
    groups = _feature_groups(tables, layers, report, picture)
    groups[0].payload["beyond"] = land_beyond(gpd.GeoDataFrame(tables.get("corridors")), region)
    chart, document = _folium_map(groups, region)
    values = {
        "layers": {group.slug: [group.kind, group.payload] for group in groups},
        **page_values(tables, layers, models, report),
        "access_terms": term_values(access_terms),
    }
    unranked = tables.get("unranked", pd.DataFrame(columns=["id"]))
    english = load_languages()["en"]
    sheet = board(
        _with_measured_access(_with_tonnage(scores, tables), tables),
        unranked,
        layers,
        values,
        english,
        region,
        card_facts(tables, (str(card["deposit"]) for card in values["cards"]), english),
    )
    return assemble(document, values=values, title=_TITLE, chart=chart, sheet=sheet)


def _with_tonnage(scores: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Add the leading statement of each deposit, if contained oxide follows from it."""
    leading = leading_statements(tables.get("resources", pd.DataFrame())).set_index("deposit_id")
    leading = leading[leading["oxide_t"].notna()]
    found = {f"leading_{c}": scores["id"].map(leading[c]) for c in LEADING if c in leading}
    return scores.join(pd.DataFrame(found))


def _with_measured_access(scores: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Add what access costs without the lines that a source states, and the year of that source."""
    access = tables.get("access", pd.DataFrame())
    if "measured_usd_t_treo_p50" not in access or "stated_in" not in access:
        return scores
    rows = access.dropna(subset=["stated_in"]).groupby("deposit_id")
    totals = access[access["component"] == "total"].set_index("deposit_id")
    found = {
        **{
            f"measured_{name}": totals[f"measured_usd_t_treo_p{q}"]
            for name, q in (("usd", 50), ("low", 10), ("high", 90))
            if f"measured_usd_t_treo_p{q}" in totals
        },
        "stated_in": rows["stated_in"].first(),
    }
    return scores.join(pd.DataFrame({f"access_{n}": scores["id"].map(v) for n, v in found.items()}))


def _folium_map(groups: Sequence[MapLayer], region: Box) -> tuple[str, str]:
    """Let folium write the map; give the name of its variable and the HTML."""
    west, south, east, north = region
    chart = folium.Map(
        location=[45.5, 78.0] if region == REGION else [(south + north) / 2, (west + east) / 2],
        zoom_start=4,
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.125,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=90,
        max_bounds_viscosity=1.0,
    )
    # folium names its elements at random; fixed names make the page reproducible.
    chart._id = "page"
    chart.default_js, chart.default_css = [], []
    for group in groups:
        group.add_to(chart)
    switch = folium.LayerControl(collapsed=True)
    switch._id = "switch"
    switch.add_to(chart)
    figure = folium.Figure(title=None)
    figure._id = "figure"
    figure.add_child(chart)
    return chart.get_name(), figure.render()


def _infrastructure(
    layers: Mapping[str, gpd.GeoDataFrame], report: Mapping[str, Any], detailed: Sequence[str]
) -> Iterator[MapLayer]:
    """What distances are measured to, with what the page needs to measure by the run's rules."""
    targets, region = targets_of(report), region_of_page(report)
    measured, labels = layer_targets(targets), layer_labels(targets)
    options: dict[str, dict[str, Any]] = {
        **{name: {"target": measured.get(name)} for name in ("power_plants", "settlements")},
        **{
            name: {"region": region, "target": measured.get(name), "detailed": detailed}
            for name in _LINES
        },
        "gateways": {
            "target": measured.get("gateways"),
            "choices": report.get("gateways", {}).get("choices", {}),
        },
    }
    for name in INFRASTRUCTURE:
        if name in layers:
            group = getattr(feature_groups, name)(layers[name], **options.get(name, {}))
            group.layer_name = labels[name]
            yield group


def _feature_groups(
    tables: Mapping[str, pd.DataFrame],
    layers: Mapping[str, gpd.GeoDataFrame],
    report: Mapping[str, Any],
    picture: MapLayer | None,
) -> list[MapLayer]:
    """One group per layer, the lowest first."""
    scores, unranked = tables["scores"], tables.get("unranked", pd.DataFrame())
    region = region_of_page(report)
    groups = [feature_groups.countries(layers["countries"], region)]
    ground = relief(region)
    groups += [ground] if ground.payload["pictures"] else []
    if picture is not None:
        groups.append(picture)
    if "settlements" in layers:
        groups.append(feature_groups.capitals(layers["settlements"]))
    groups += _infrastructure(layers, report, scored_countries(scores))
    for name in CONTEXT:
        if name in layers:
            groups.append(getattr(feature_groups, name)(layers[name]))
    for name in SURROUNDINGS:
        if name in layers and len(layers[name]):
            groups.append(getattr(zone_groups, name)(layers[name], region))
    if "positions" in tables and "areas" in tables:
        positions = tables["positions"]
        shown = positions[positions["deposit"].isin(scores["id"])]
        groups.append(feature_groups.audit(shown, tables["areas"]))
    if "areas" in tables and "id" in unranked:
        groups.append(feature_groups.unranked(tables["areas"], unranked))
    quiet = scores["role"].isin(_QUIET_ROLES)
    return [
        *groups,
        feature_groups.context(scores[quiet]),
        feature_groups.deposits(scores[~quiet]),
        feature_groups.tiles(),
    ]

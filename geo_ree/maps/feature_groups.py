"""One small function per layer of the map: it takes a table and returns a feature group.

The groups carry compact values. The page's script draws them on canvas, and makes popups and
tooltips on demand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Template

from geo_ree.maps.measured_features import measured_paths, with_choices, with_counts
from geo_ree.maps.packing import columnar, plain
from geo_ree.maps.shapes import (
    area_paths,
    country_paths,
    label_place,
    line_paths,
    pack,
    polygon_paths,
)
from geo_ree.maps.style import LABELS, LINES, POINTS, TILES, UNSURE_KM
from geo_ree.maps.water_names import water_names
from geo_ree.proximity import Target
from geo_ree.settings import REGION, SCORED_COUNTRIES, Box

_DRAWN_AREAS = ("feasible", "contradicting")

_POINT_COLUMNS = (
    "lat",
    "lon",
    "name",
    "country",
    "kind",
    "neighbour",
    "neighbour_name",
    "position_error_m",
    "lateral_error_km",
    "counts",
    "choices",
    "population",
    "capacity_mw",
    "fuel",
)


_PLAN_COLUMNS = (
    *("path", "name", "status", "state", "state_date", "opening_year", "length_km"),
    "lateral_error_km",
)


class MapLayer(folium.FeatureGroup):
    """A feature group that the page's script draws from compact values.

    The values go into the page's data block. They stay out of folium's templates, because branca
    renders a script twice and would run braces in a name as template code.

    Parameters
    ----------
    slug
        Fixed name of the layer; folium's random names would make the page irreproducible.
    kind
        Name of the function in ``assets/layers.js`` that draws it.
    payload
        Plain values for that function.
    show
        Whether the layer is on at first.
    control
        Whether the layer switch lists it.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = geoRee.layer({{ this._parent.get_name() }}, "{{ this._id }}");
        {% if this.show %}{{ this.get_name() }}.addTo({{ this._parent.get_name() }});{% endif %}
        {% endmacro %}
        """
    )

    def __init__(
        self, slug: str, kind: str, payload: Any, *, show: bool = True, control: bool = True
    ) -> None:
        super().__init__(name=LABELS.get(slug, slug), show=show, control=control)
        self._id = slug
        self.kind, self.payload = kind, payload

    @property
    def slug(self) -> str:
        """Name of the layer."""
        return str(self._id)


def countries(gdf: gpd.GeoDataFrame, region: Box = REGION) -> MapLayer:
    """Draw land, borders and country names: the basemap, which needs no network."""
    return MapLayer("countries", "countries", country_paths(gdf, region), control=False)


def capitals(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Write the names of the capitals among the settlements."""
    placed = _placed(gdf[gdf["kind"] == "capital"])
    return MapLayer("capitals", "names", columnar(placed, ("lat", "lon", "name")), control=False)


def railways(
    gdf: gpd.GeoDataFrame, region: Box = REGION, target: Target | None = None, **detail: Any
) -> MapLayer:
    """Draw railways: dashed if their course is uncertain, dotted if under construction."""
    return _lines(gdf, "railways", region, target, **detail)


def railways_planned(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Draw railways being built or planned, dashed, each with its state and date."""
    lines = gdf.explode(ignore_index=True)
    named = lines.assign(path=pack(lines.geometry.to_numpy()), status=lines["kind"])
    payload = {
        **columnar(named, _PLAN_COLUMNS),
        "style": dict(LINES["railways_planned"]),
    }
    return MapLayer("railways_planned", "plans", payload)


def roads(
    gdf: gpd.GeoDataFrame, region: Box = REGION, target: Target | None = None, **detail: Any
) -> MapLayer:
    """Draw main roads, dashed if their course is uncertain."""
    return _lines(gdf, "roads", region, target, **detail)


def power_lines(
    gdf: gpd.GeoDataFrame, region: Box = REGION, target: Target | None = None, **detail: Any
) -> MapLayer:
    """Draw power lines, and substations as points."""
    return _lines(gdf, "power_lines", region, target, **detail)


def water(
    gdf: gpd.GeoDataFrame, region: Box = REGION, target: Target | None = None, **detail: Any
) -> MapLayer:
    """Draw rivers and lakes with their names."""
    drawn = _lines(gdf, "water", region, target, **detail)
    drawn.payload["names"] = water_names(gdf, region)
    return drawn


def power_plants(gdf: gpd.GeoDataFrame, target: Target | None = None) -> MapLayer:
    """Draw the power plants that are large enough to count."""
    return _points(_large(gdf, target), "power_plants", show=False)


def settlements(gdf: gpd.GeoDataFrame, target: Target | None = None) -> MapLayer:
    """Draw the settlements that are large enough to count."""
    return _points(_large(gdf, target), "settlements", show=False)


def _large(gdf: gpd.GeoDataFrame, target: Target | None) -> gpd.GeoDataFrame:
    return gdf if target is None else with_counts(gdf[target.large_enough(gdf)], target)


def gateways(
    gdf: gpd.GeoDataFrame,
    target: Target | None = None,
    choices: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> MapLayer:
    """Draw sea ports and border crossings; `choices` are the ids of each choice of gateways."""
    drawn = _points(with_choices(with_counts(gdf, target), choices), "gateways", show=True)
    drawn.payload["choices"] = list(choices)
    return drawn


def airports(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Draw airports with their IATA code; off at first."""
    names = gdf["name"] + gdf["iata"].map(lambda code: f" ({code})", na_action="ignore").fillna("")
    return _points(gdf.assign(name=names), "airports", show=False)


def earthquakes(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Draw recorded earthquakes, named by magnitude and day; off at first."""
    return _points(gdf.drop(columns="country"), "earthquakes", show=False)


def tailings(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Draw legacy tailings, named with what is published of them; off at first."""
    name = gdf["name"].fillna("tailings").astype(object)
    named = name + (": " + gdf["what"].astype(object)).fillna("")
    return _points(gdf.assign(name=named), "tailings", show=False)


def deposits(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Draw candidates, by-product hosts and references from the page's own table of deposits."""
    return MapLayer("deposits", "deposits", {"roles": sorted(set(gdf["role"]))})


def context(gdf: gpd.GeoDataFrame) -> MapLayer:
    """Draw major deposits of other commodities; off at first."""
    return MapLayer("context", "deposits", {"roles": sorted(set(gdf["role"]))}, show=False)


def unranked(areas: gpd.GeoDataFrame, deposits: pd.DataFrame) -> MapLayer:
    """Draw the areas in which deposits without a coordinate lie; whole countries by their code.

    Oblasts that a source names are drawn when a deposit is opened: several share one.

    ``areas`` has ``deposit``, ``kind`` and ``evidence``, as `geo_ree.locate` gives them.
    """
    here = areas[areas["deposit"].isin(deposits["id"])]
    drawn = here[here["kind"].isin((*_DRAWN_AREAS, "ore_field")) & here.geometry.notna()]
    named = here[(here["kind"] == "admin_area") & here.geometry.notna()]
    drawn = pd.concat([drawn, named[~named["deposit"].isin(drawn["deposit"])]])
    whole = here[here["kind"] == "country"]
    payload = {
        "areas": [
            {
                "id": plain(i),
                "kind": plain(kind),
                "evidence": plain(evidence),
                "polygons": polygon_paths(drawn.geometry.iloc[n]),
                "label": label_place(drawn.geometry.iloc[n]),
            }
            for n, (i, kind, evidence) in enumerate(
                zip(drawn["deposit"], drawn["kind"], drawn["evidence"], strict=True)
            )
        ],
        "countries": {
            plain(i): plain(code)
            for i, code in zip(whole["deposit"], whole["evidence"], strict=True)
        },
        "style": dict(LINES["unranked"]),
    }
    return MapLayer("unranked", "unranked", payload)


def audit(positions: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> MapLayer:
    """Draw rejected positions, each tied to the chosen one, and areas from published distances.

    ``positions`` and ``areas`` come from `geo_ree.locate`.
    """
    chosen = positions[positions["verdict"] == "chosen"].set_index("deposit").geometry
    others = positions[(positions["verdict"] != "chosen") & positions["deposit"].isin(chosen.index)]
    ends = zip(chosen.loc[others["deposit"]], others.geometry, strict=True)
    ties = [shapely.LineString([a, b]) for a, b in ends if not a.equals(b)]
    drawn = areas[areas["kind"].isin(_DRAWN_AREAS) & areas.geometry.notna()]
    payload: dict[str, Any] = {
        "sure": [],
        "unsure": pack(np.array(ties, dtype=object)) if ties else [],
        "building": [],
        "closed": [],
        "areas": area_paths(drawn.geometry),
        "style": dict(LINES["audit"]),
    }
    if len(others):
        labels = [
            f"{record}: {verdict}, {km:.0f} km from the chosen position"
            for record, verdict, km in zip(
                others["record"], others["verdict"], others["from_chosen_km"], strict=True
            )
        ]
        payload["points"] = _point_payload(others.assign(name=labels), "audit")
    return MapLayer("audit", "lines", payload, show=False)


def tiles() -> MapLayer:
    """Draw online imagery; off at first, nothing is requested before a reader switches it on."""
    return MapLayer("tiles", "tiles", dict(TILES), show=False)


def _lines(
    gdf: gpd.GeoDataFrame,
    slug: str,
    region: Box,
    target: Target | None = None,
    detailed: Collection[str] = SCORED_COUNTRIES,
) -> MapLayer:
    """Lines in groups that are measured alike, see `measured_paths`."""
    gdf = gdf.reset_index(drop=True)
    point = gdf.geometry.geom_type == "Point"
    building = gdf["kind"].isin(("building", "planned"))
    closed = gdf["kind"] == "disused"
    in_use = ~building & ~closed
    unsure = gdf["lateral_error_km"].fillna(0.0) > UNSURE_KM
    parts = {
        "sure": (~unsure & in_use, line_paths),
        "unsure": (unsure & in_use, line_paths),
        "areas": (in_use | ~in_use, area_paths),
    }
    drawn = {
        name: measured_paths(gdf[rows], target, detailed, partial(make, region=region))
        for name, (rows, make) in parts.items()
    }
    payload: dict[str, Any] = {
        **{name: paths for name, (paths, _) in drawn.items()},
        "groups": {name: groups for name, (_, groups) in drawn.items()},
        "building": line_paths(gdf.geometry[building], region),
        "closed": line_paths(gdf.geometry[closed], region),
        "style": dict(LINES[slug]),
    }
    if slug in POINTS and point.any():
        payload["points"] = _point_payload(with_counts(gdf[point & in_use], target), slug)
    return MapLayer(slug, "lines", payload)


def _points(gdf: gpd.GeoDataFrame, slug: str, *, show: bool) -> MapLayer:
    return MapLayer(slug, "points", _point_payload(gdf, slug), show=show)


def _point_payload(gdf: gpd.GeoDataFrame, slug: str) -> dict[str, Any]:
    return {**columnar(_placed(gdf), _POINT_COLUMNS), "style": dict(POINTS[slug])}


def _placed(gdf: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    there = gdf[gdf.geometry.notna() & ~gdf.geometry.is_empty]
    return there.assign(lat=there.geometry.y, lon=there.geometry.x)

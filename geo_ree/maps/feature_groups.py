"""One small function for each layer of the map: a frame in, a feature group out.

The groups carry compact values; the page's script draws them on canvas and makes popups and
tooltips when they are asked for.
"""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Template

from geo_ree.maps.packing import columnar, plain
from geo_ree.maps.shapes import (
    area_paths,
    country_paths,
    label_place,
    line_paths,
    pack,
    polygon_paths,
)
from geo_ree.maps.style import LABELS, LINES, PLANT_MW, POINTS, SETTLEMENT_PEOPLE, TILES, UNSURE_KM

_DRAWN_AREAS = ("feasible", "contradicting")

_POINT_COLUMNS = (
    "lat",
    "lon",
    "name",
    "country",
    "kind",
    "neighbour",
    "population",
    "capacity_mw",
    "fuel",
)


class Drawn(folium.FeatureGroup):
    """A feature group that the page's script draws from compact values.

    The values stay out of folium's templates: branca renders a script twice, so that braces in
    a name would be run as template code. They go into the page's data block instead.

    Parameters
    ----------
    slug
        Name of the layer, fixed, so that the page is reproducible.
    kind
        Which function of the script draws it.
    payload
        Plain values for that function.
    show
        Whether the layer starts switched on.
    control
        Whether it stands in the layer switch.
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


def countries(gdf: gpd.GeoDataFrame) -> Drawn:
    """Land, borders and country names: the basemap that needs no network."""
    return Drawn("countries", "countries", country_paths(gdf), control=False)


def capitals(gdf: gpd.GeoDataFrame) -> Drawn:
    """Names of the capitals among the settlements, for orientation."""
    placed = _placed(gdf[gdf["kind"] == "capital"])
    return Drawn("capitals", "names", columnar(placed, ("lat", "lon", "name")), control=False)


def railways(gdf: gpd.GeoDataFrame) -> Drawn:
    """Railways; those of unknown course dashed, those being built dotted."""
    return _lines(gdf, "railways")


def roads(gdf: gpd.GeoDataFrame) -> Drawn:
    """Main roads; those of unknown course dashed."""
    return _lines(gdf, "roads")


def power_lines(gdf: gpd.GeoDataFrame) -> Drawn:
    """Power lines, with substations as points."""
    return _lines(gdf, "power_lines")


def water(gdf: gpd.GeoDataFrame) -> Drawn:
    """Rivers and lakes."""
    return _lines(gdf, "water")


def power_plants(gdf: gpd.GeoDataFrame) -> Drawn:
    """Power plants of `PLANT_MW` or more."""
    return _points(gdf[gdf["capacity_mw"].fillna(0.0) >= PLANT_MW], "power_plants", show=False)


def settlements(gdf: gpd.GeoDataFrame) -> Drawn:
    """Settlements of `SETTLEMENT_PEOPLE` or more."""
    large = gdf["population"].fillna(0) >= SETTLEMENT_PEOPLE
    return _points(gdf[large], "settlements", show=False)


def gateways(gdf: gpd.GeoDataFrame) -> Drawn:
    """Sea ports and border crossings."""
    return _points(gdf, "gateways", show=True)


def deposits(gdf: gpd.GeoDataFrame) -> Drawn:
    """Candidates, by-product hosts and references; the script takes them from the page's data."""
    return Drawn("deposits", "deposits", {"roles": sorted(set(gdf["role"]))})


def context(gdf: gpd.GeoDataFrame) -> Drawn:
    """Major deposits of other commodities, switched off at first."""
    return Drawn("context", "deposits", {"roles": sorted(set(gdf["role"]))}, show=False)


def unranked(areas: gpd.GeoDataFrame, deposits: pd.DataFrame) -> Drawn:
    """Areas that hold the deposits no source gives a coordinate; whole countries only by code.

    Parameters
    ----------
    areas
        As `geo_ree.deposits.location` gives them: ``deposit``, ``kind``, ``evidence``.
    deposits
        The unranked ones, with ``id``.
    """
    here = areas[areas["deposit"].isin(deposits["id"])]
    drawn = here[here["kind"].isin(_DRAWN_AREAS) & here.geometry.notna()]
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
    return Drawn("unranked", "unranked", payload)


def audit(positions: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Drawn:
    """Positions that were not chosen, tied to the chosen one, and areas of published distances.

    Parameters
    ----------
    positions, areas
        As `geo_ree.deposits.location` gives them.
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
        "areas": area_paths(drawn),
        "style": dict(LINES["audit"]),
    }
    if len(others):
        told = [
            f"{record}: {verdict}, {km:.0f} km from the chosen position"
            for record, verdict, km in zip(
                others["record"], others["verdict"], others["from_chosen_km"], strict=True
            )
        ]
        payload["points"] = _point_payload(others.assign(name=told), "audit")
    return Drawn("audit", "lines", payload, show=False)


def tiles() -> Drawn:
    """Online imagery, switched off: nothing is asked before a person switches it on."""
    return Drawn("tiles", "tiles", dict(TILES), show=False)


def _lines(gdf: gpd.GeoDataFrame, slug: str) -> Drawn:
    point = gdf.geometry.geom_type == "Point"
    building = gdf["kind"] == "building"
    unsure = gdf["lateral_error_km"].fillna(0.0) > UNSURE_KM
    payload: dict[str, Any] = {
        "sure": line_paths(gdf[~unsure & ~building]),
        "unsure": line_paths(gdf[unsure & ~building]),
        "building": line_paths(gdf[building]),
        "areas": area_paths(gdf),
        "style": dict(LINES[slug]),
    }
    if slug in POINTS and point.any():
        payload["points"] = _point_payload(gdf[point], slug)
    return Drawn(slug, "lines", payload)


def _points(gdf: gpd.GeoDataFrame, slug: str, *, show: bool) -> Drawn:
    return Drawn(slug, "points", _point_payload(gdf, slug), show=show)


def _point_payload(gdf: gpd.GeoDataFrame, slug: str) -> dict[str, Any]:
    return {**columnar(_placed(gdf), _POINT_COLUMNS), "style": dict(POINTS[slug])}


def _placed(gdf: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    there = gdf[gdf.geometry.notna() & ~gdf.geometry.is_empty]
    return there.assign(lat=there.geometry.y, lon=there.geometry.x)

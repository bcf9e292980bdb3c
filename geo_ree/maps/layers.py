"""One small function for each layer of the map: a frame in, a feature group out."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
from branca.element import Template

from geo_ree.maps.data import line_coordinates, polygon_coordinates, records, script_json
from geo_ree.maps.style import LABELS, LINES, POINTS, UNSURE_KM


class _Drawn(folium.FeatureGroup):
    """A feature group whose content the page's script draws from compact values."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = geoRee.layer({{ this.kind }}, {{ this.payload }});
        {% if this.show %}{{ this.get_name() }}.addTo({{ this._parent.get_name() }});{% endif %}
        {% endmacro %}
        """
    )

    def __init__(
        self, name: str, kind: str, payload: Any, *, show: bool = True, control: bool = True
    ) -> None:
        super().__init__(name=name, show=show, control=control)
        self.kind = script_json([kind])[1:-1]
        self.payload = script_json(payload)


def countries(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Land and borders: the basemap that needs no network."""
    return _Drawn("Countries", "countries", polygon_coordinates(gdf), control=False)


def railways(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Open railways; those of unknown course dashed."""
    return _lines(gdf[gdf["kind"] != "building"], "railways")


def roads(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Main roads; those of unknown course dashed."""
    return _lines(gdf, "roads")


def water(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Rivers and lakes."""
    return _lines(gdf, "water")


def power_plants(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Power plants of 50 MW or more."""
    return _points(gdf[gdf["capacity_mw"] >= 50.0], "power_plants", show=False)


def settlements(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Settlements of 5,000 people or more."""
    return _points(gdf[gdf["population"].fillna(0) >= 5_000], "settlements", show=False)


def gateways(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Sea ports and rail border crossings."""
    return _points(gdf, "gateways")


def deposits(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Candidates, by-product hosts and references; the script takes them from the page's data."""
    return _Drawn("Rare-earth deposits", "deposits", gdf["id"].tolist())


def context(gdf: gpd.GeoDataFrame) -> folium.FeatureGroup:
    """Major deposits of other commodities, switched off at first."""
    return _Drawn(LABELS["context"], "context", gdf["id"].tolist(), show=False)


def _lines(gdf: gpd.GeoDataFrame, name: str) -> folium.FeatureGroup:
    unsure = gdf["lateral_error_km"].fillna(0.0) > UNSURE_KM
    payload = {
        "sure": line_coordinates(gdf[~unsure]),
        "unsure": line_coordinates(gdf[unsure]),
        "style": LINES[name],
    }
    return _Drawn(LABELS[name], "lines", payload)


def _points(gdf: gpd.GeoDataFrame, name: str, *, show: bool = True) -> folium.FeatureGroup:
    placed = gdf.assign(lat=gdf.geometry.y, lon=gdf.geometry.x)
    columns = ("lat", "lon", "name", "country", "population", "capacity_mw", "fuel", "kind")
    payload = {"rows": records(placed, columns), "style": POINTS[name]}
    return _Drawn(LABELS[name], "points", payload, show=show)

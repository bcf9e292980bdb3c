"""Projected coordinates of exports, and the colour ramps beside rasters."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from geo_ree.errors import SettingsError
from geo_ree.outputs.projected import check_projected, with_projected
from geo_ree.outputs.raster_styles import DISTANCE_RAMP_KM, write_ramp
from geo_ree.pipeline import rasters
from geo_ree.pipeline.export import export
from geo_ree.pipeline.rasters import measure_whole


def places(*pairs):
    lat, lon = zip(*pairs, strict=True)
    return pd.DataFrame({"latitude": lat, "longitude": lon, "elevation_m": 1000.0})


@pytest.mark.parametrize("crs", ["EPSG:32643", "EPSG:28412", "EPSG:3857"])
def test_x_is_the_easting_whatever_the_order_of_the_system(crs):
    out = with_projected(places((42.8611, 76.1197), (43.0, 75.0)), crs)
    back = Transformer.from_crs(crs, 4326, always_xy=True).transform(out["x"], out["y"])
    assert np.allclose(back, [[76.1197, 75.0], [42.8611, 43.0]], atol=1e-6)
    assert out["z"].tolist() == [1000.0, 1000.0]


def test_the_scale_says_where_a_system_is_not_made_for_the_place():
    near, far = with_projected(places((43.0, 75.0), (48.0, 108.0)), "EPSG:32643")["scale_factor"]
    assert near == pytest.approx(0.9996, abs=1e-6)  # on the central meridian of the zone
    assert far > 1.05


def test_without_a_coordinate_there_is_no_x():
    rows = pd.DataFrame({"latitude": [np.nan, 43.0], "longitude": [np.nan, 75.0]})
    out = with_projected(rows, "EPSG:32643")
    assert out[["x", "y", "z", "scale_factor"]].iloc[0].isna().all()
    assert out["x"].iloc[1] == 500_000.0
    assert np.isnan(out["z"].iloc[1])  # no elevation is known


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", "EPSG:99999", "UTM"])
def test_degrees_feet_and_unknown_systems_are_refused(crs):
    with pytest.raises(SettingsError, match="EPSG:32643"):
        check_projected(crs)


def test_an_export_has_x_y_and_z_only_when_asked(real, tmp_path):
    export(real, tmp_path / "plain", formats=["csv"])
    assert "x" not in pd.read_csv(tmp_path / "plain" / "scores.csv")
    export(real, tmp_path / "metres", formats=["csv"], crs="EPSG:32643")
    table = pd.read_csv(tmp_path / "metres" / "scores.csv")
    assert table[["x", "y", "scale_factor"]].notna().all().all()
    assert table["xyz_crs"].unique().tolist() == ["EPSG:32643 (WGS 84 / UTM zone 43N)"]


def test_every_measured_cell_names_its_feature_source_and_date(real, tmp_path):
    export(real, tmp_path, formats=["csv"])
    values = pd.read_csv(tmp_path / "values.csv", keep_default_na=False)
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert (values["source"] != "").all() and (values["date"] != "").all()
    rail = values[values["attribute"] == "dist_railway_km"].set_index("deposit")
    known = scores[scores["dist_railway_km"].notna()].set_index("id")
    assert rail["value"].astype(float).to_dict() == known["dist_railway_km"].to_dict()
    railways = set(real.layers.frames["railways"]["id"])
    assert set(rail["record"]) <= railways
    names = values[values["attribute"] == "name"].set_index("deposit")["value"]
    assert names.to_dict().items() >= scores.set_index("id")["name"].to_dict().items()


def test_a_ramp_has_a_colour_for_every_distance(tmp_path):
    root = ET.parse(write_ramp(tmp_path / "dist_road_km.tif")).getroot()
    limits = [float(item.get("value")) for item in root.iter("item")]
    assert limits == [km * 1000.0 for km, _ in DISTANCE_RAMP_KM]
    assert limits == sorted(limits) and limits[-1] == float("inf")
    assert root.find("pipe/rasterrenderer").get("type") == "singlebandpseudocolor"
    scores = ET.parse(write_ramp(tmp_path / "suitability.tif")).getroot()
    assert [i.get("label") for i in scores.iter("item")][-1] == "60 to 100 points"


def test_a_style_of_the_user_stays(tmp_path):
    own = tmp_path / "dist_road_km.qml"
    own.write_text("<qgis/>")
    write_ramp(tmp_path / "dist_road_km.tif")
    assert own.read_text() == "<qgis/>"
    own.unlink()
    write_ramp(tmp_path / "dist_road_km.tif")
    first = own.read_text()
    write_ramp(tmp_path / "dist_road_km.tif")
    assert own.read_text() == first


@pytest.mark.parametrize("own", ["", "<qgis/>"])
def test_a_raster_and_its_colours_are_replaced_together(tmp_path, monkeypatch, own):
    raster, colours = tmp_path / "town.tif", tmp_path / "town.qml"
    town = gpd.GeoSeries([shapely.Point(75.7, 42.79)], crs=4326)
    asked = {"resolution": "20 km", "path": raster, "box": (75.0, 42.0, 76.4, 43.6)}
    if own:
        colours.write_text(own)
    measure_whole(town, **asked)
    assert (colours.read_text() == own) == bool(own)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {*before} == {"town.tif", "town.qml"}

    def stopped(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(rasters, "write_ramp", stopped)
    with pytest.raises(KeyboardInterrupt):
        measure_whole(town, **asked | {"resolution": "10 km"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

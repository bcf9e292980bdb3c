"""The builder of the borders, on a few small hand-made countries."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

PROJECT = Path(__file__).resolve().parents[2]
Build = Callable[..., gpd.GeoDataFrame]

KGZ = shapely.box(70, 39, 80, 43)
SOKH = shapely.box(71, 39.9, 71.2, 40.1)
UZB = shapely.MultiPolygon([shapely.box(60, 39, 69.9, 43), SOKH])  # a river of 0.1 degree between
LAKE = shapely.box(76, 42, 77, 42.5)


def feature(code: str | None, shape: Any) -> dict[str, Any]:
    geometry = shape if isinstance(shape, dict) else shapely.geometry.mapping(shape)
    return {"type": "Feature", "properties": {"A3": code}, "geometry": geometry}


@pytest.fixture
def borders(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return importlib.import_module("starter_build.borders")


class Store:
    """A store whose one package is a file of these features."""

    def __init__(self, path: Path, features: list[dict[str, Any]]) -> None:
        self.file = path / "map.geo.json"
        self.file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    def path(self, package_id: str) -> Path:
        assert package_id == "osm_countries"
        return self.file

    def built_from(self, package_id: str) -> dict[str, str]:
        return {package_id: "made up"}


@pytest.fixture
def build(borders: Any, tmp_path: Path) -> Build:
    def run(*features: dict[str, Any]) -> gpd.GeoDataFrame:
        borders.build_countries(Store(tmp_path, list(features)), tmp_path)
        return gpd.read_parquet(tmp_path / "countries.parquet").set_index("native_id")

    return run


def test_lakes_are_filled_enclaves_are_not_and_no_gap_is_left(build: Build) -> None:
    made = build(feature("KGZ", KGZ.difference(LAKE).difference(SOKH)), feature("UZB", UZB))
    assert made["name"].tolist() == ["Kyrgyzstan", "Uzbekistan"]
    assert made.geometry["KGZ"].contains(LAKE), "water inside a country is part of it"
    assert made.geometry["UZB"].contains(SOKH.representative_point())
    assert not made.geometry["KGZ"].contains(SOKH.representative_point())
    river = shapely.Point(69.95, 41)
    assert made.contains(river).sum() <= 1
    assert shapely.coverage_is_valid(made.geometry.to_numpy())


def test_a_gap_between_countries_goes_to_one_of_them_and_a_sea_to_none(build: Build) -> None:
    sea, lake = shapely.box(55, 40, 65, 46), shapely.box(59.9, 47, 60.1, 49)
    land = shapely.box(50, 35, 70, 50).difference(sea).difference(lake)
    west, east = (land.intersection(shapely.box(x, 35, x + 10, 50)) for x in (50, 60))
    made = build(feature("KAZ", west), feature("TKM", east))
    assert made.contains(shapely.Point(60, 43)).sum() == 0
    assert made.contains(lake.buffer(-0.01)).sum() == 1, "whole, to one of its neighbours"
    assert made.geometry["KAZ"].intersection(made.geometry["TKM"]).area == 0


def test_a_strip_that_two_countries_claim_is_given_once_and_named(
    borders: Any, build: Build, tmp_path: Path
) -> None:
    left, right = shapely.box(60, 40, 70.1, 43), shapely.box(70, 39, 80, 43)
    made = build(feature("UZB", left), feature("KGZ", right))
    assert made.contains(shapely.Point(70.05, 42)).sum() == 1
    product = borders.build_countries(
        Store(tmp_path, [feature("UZB", left), feature("KGZ", right)]), tmp_path
    )
    (strip,) = product.remarks
    assert "claimed by both, given to" in strip and "70.05 E" in strip


def test_a_country_cut_by_the_region_is_not_complete(build: Build) -> None:
    made = build(feature("RUS", shapely.box(30, 50, 100, 70)), feature("KGZ", KGZ))
    assert made["complete"].to_dict() == {"KGZ": True, "RUS": False}
    assert made.geometry["RUS"].bounds == (40.0, 50.0, 100.0, 56.0)


def test_a_country_elsewhere_is_left_out(build: Build) -> None:
    made = build(feature("KGZ", KGZ), feature("CPV", shapely.box(-25, 14, -22, 17)))
    assert made.index.tolist() == ["KGZ"]


def test_a_ring_that_touches_itself_is_mended(build: Build) -> None:
    eight = [[70, 39], [75, 41], [80, 39], [80, 43], [75, 41], [70, 43], [70, 39]]
    made = build(feature("KGZ", {"type": "Polygon", "coordinates": [eight]}))
    assert made.geometry.is_valid.all()
    assert made.geometry["KGZ"].area == pytest.approx(shapely.Polygon(eight).buffer(0).area)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ([], r"map.geo.json: no features: the source changed"),
        (
            [feature("KGZ", KGZ), feature(None, UZB)],
            r"map.geo.json, row 1 \(1\): A3 is blank; fill it",
        ),
        (
            [feature("KGZ", shapely.Point(70, 40))],
            r"map.geo.json, row 0 \(KGZ\): its geometry is Point, not a polygon",
        ),
        ([feature("XYZ", KGZ)], r"countries.parquet, row 0 \(XYZ\): name is blank"),
    ],
)
def test_a_changed_source_is_one_line_and_writes_nothing(
    build: Build, tmp_path: Path, features: list[dict[str, Any]], words: str
) -> None:
    error = importlib.import_module("starter_build.product").BuildError
    with pytest.raises(error, match=words) as caught:
        build(*features)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "countries.parquet").exists()

"""GeoJSON of planned infrastructure: what is read, and how mistakes are reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.studies.scenarios import KINDS, STATUSES, read_features

GIVEN = {
    "name": "Made Up - Nowhere",
    "kind": "rail",
    "status": "planned",
    "opening_year": 2031,
    "lateral_error_km": 4.5,
    "source": "made up for this test",
}
LINE = {"type": "LineString", "coordinates": [[70.0, 48.0], [71.0, 48.5]]}


def document(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {**GIVEN, **properties}, "geometry": geometry or LINE}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "lines.geojson"
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_feature_keeps_every_property(written: Callable[[Any], Path]) -> None:
    parts = [[[70, 48, 900], [71, 48, 900]], [[72, 48], [73, 49]]]
    many = {"type": "MultiLineString", "coordinates": parts}
    path = written(
        document(
            feature(),
            feature(
                many,
                name="Second",
                line="Both",
                opening_year=None,
                status="open",
                lateral_error_km=0,
                source_url="https://example.org",
            ),
        )
    )
    frame = read_features(path, "railways")
    assert frame["feature"].tolist() == [1, 2]
    assert frame["line"].tolist() == ["Made Up - Nowhere", "Both"]
    assert frame["opening_year"].isna().tolist() == [False, True]
    assert frame["approximate"].tolist() == [True, False]
    assert frame["lateral_error_km"].tolist() == [4.5, 0.0]
    assert not frame.geometry.has_z.any() and frame.crs.to_epsg() == 4326
    assert frame["source_url"].isna().tolist() == [True, False]


def test_what_is_not_surely_known_is_approximate_whatever_it_says(
    written: Callable[[Any], Path],
) -> None:
    frame = read_features(written(document(feature(approximate=False))), "railways")
    assert frame["approximate"].tolist() == [True]


def test_a_frame_with_a_gap_in_its_years_is_read_like_a_file() -> None:
    frame = gpd.GeoDataFrame(
        {
            "name": ["a", "b"],
            "kind": "rail",
            "status": "planned",
            "opening_year": [2030, None],
            "lateral_error_km": [1.0, 2.0],
            "source": "made up",
        },
        geometry=[shapely.LineString([(70, 48), (71, 48)])] * 2,
        crs=4326,
    )
    assert read_features(frame, "railways")["opening_year"].tolist()[0] == 2030
    moved = read_features(frame.to_crs(32642), "railways")
    assert moved.geometry.iloc[0].equals_exact(frame.geometry.iloc[0], 1e-6)
    with pytest.raises(SchemaError, match="reference system"):
        read_features(frame.set_crs(None, allow_override=True), "railways")


def test_points_need_no_lateral_error(written: Callable[[Any], Path]) -> None:
    place = {"type": "Point", "coordinates": [82.8, 46.7]}
    given = feature(place, kind="rail_border", neighbour="CHN")
    del given["properties"]["lateral_error_km"]
    frame = read_features(written(document(given)), "gateways")
    assert frame["neighbour"].tolist() == ["CHN"]
    assert frame["approximate"].tolist() == [False]


WRONG: list[tuple[Any, tuple[str, ...]]] = [
    (
        feature(lateral_error_km=None),
        ("feature 1 (Made Up - Nowhere)", "lateral_error_km is missing", "no default"),
    ),
    (feature(lateral_error_km=-1), ("lateral_error_km is -1", "0 or more")),
    (feature(lateral_error_km="5"), ("lateral_error_km is '5'",)),
    (feature(lateral_error_km=True), ("lateral_error_km is True",)),
    (feature(source=""), ("source is ''", "expected text")),
    (feature(source=None), ("source is None",)),
    (feature(name=None), ("feature 1: name is None",)),
    (feature(kind="building"), ("kind is 'building'", "rail, narrow_gauge")),
    (feature(status="someday"), ("status is 'someday'", "under_construction")),
    (feature(opening_year="2030"), ("opening_year is '2030'", "null where none")),
    (feature(opening_year=2030.5), ("opening_year is 2030.5",)),
    (feature(opening_year=True), ("opening_year is True",)),
    (feature(opening_year=203), ("opening_year is 203",)),
    (feature({"type": "LineString", "coordinates": [[70, 48]]}), ("the geometry is broken",)),
    (feature({"type": "LineString", "coordinates": [[70, 48], [70, 48]]}), ("no length",)),
    (feature({"type": "LineString", "coordinates": []}), ("no geometry",)),
    (feature({"type": "LineString"}), ("the geometry is broken",)),
    (
        feature({"type": "LineString", "coordinates": [["a", 1], [2, 3]]}),
        ("the geometry is broken",),
    ),
    (feature({"type": "Point", "coordinates": [70, 48]}), ("is a Point, expected LineString",)),
    (
        feature({"type": "LineString", "coordinates": [[48, 70], [49, 71]]}),
        ("longitude 48, latitude 70", "swapped", "longitude first"),
    ),
    (
        feature({"type": "LineString", "coordinates": [[10, 48], [11, 48]]}),
        ("longitude 10, latitude 48 is not in the region", "40 to 120 E"),
    ),
    (
        {"type": "Feature", "properties": None, "geometry": None},
        ("there is no geometry", "name is None"),
    ),
    ("nonsense", ("not a feature but 'nonsense'",)),
]


@pytest.mark.parametrize(("wrong", "parts"), WRONG)
def test_each_mistake_names_file_feature_found_and_expected(
    written: Callable[[Any], Path], wrong: Any, parts: tuple[str, ...]
) -> None:
    with pytest.raises(SchemaError) as caught:
        read_features(written(document(wrong)), "railways")
    for part in ("lines.geojson", "feature 1", *parts):
        assert part in str(caught.value)
    assert "correct the file" in caught.value.hint


def test_all_mistakes_come_at_once_with_their_numbers(written: Callable[[Any], Path]) -> None:
    wrong = document(feature(), feature(status="x"), *[feature(kind="y", source="")] * 3)
    with pytest.raises(SchemaError) as caught:
        read_features(written(wrong), "railways")
    assert "feature 2" in str(caught.value) and "feature 5" not in str(caught.value)
    assert "(and 2 more)" in str(caught.value)
    assert "feature 1" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("", ("not JSON",)),
        ("{", ("not JSON",)),
        ("[]", ("list", "expected 'FeatureCollection'")),
        (feature(), ("'Feature'", "expected 'FeatureCollection'")),
        (document(), ("has no feature",)),
        ({"type": "FeatureCollection", "features": 7}, ("features is 7",)),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
            '"geometry": {"type": "LineString", "coordinates": [[NaN, 48], [71, 48]]}}]}',
            ("not a number",),
        ),
        (
            document(feature(), crs={"type": "name", "properties": {"name": "EPSG:3857"}}),
            ("'EPSG:3857'", "WGS 84"),
        ),
        (document(feature(), crs="EPSG:32642"), ("'EPSG:32642'",)),
    ],
)
def test_a_file_that_is_no_collection(
    written: Callable[[Any], Path], content: Any, parts: tuple[str, ...]
) -> None:
    with pytest.raises(SchemaError) as caught:
        read_features(written(content), "railways")
    for part in ("lines.geojson", *parts):
        assert part in str(caught.value)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_a_crs_that_says_what_holds_anyway_passes(
    written: Callable[[Any], Path], name: str
) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    assert len(read_features(written(document(feature(), crs=crs)), "railways")) == 1


def test_no_file_and_no_such_layer(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"gone\.geojson cannot be read"):
        read_features(tmp_path / "gone.geojson", "railways")
    with pytest.raises(SchemaError, match="cannot change the layer 'deposits'; use one of"):
        read_features(tmp_path / "gone.geojson", "deposits")
    path = tmp_path / "bytes.geojson"
    path.write_bytes(b'{"type": "\xff"}')
    with pytest.raises(SchemaError, match="not JSON in UTF-8"):
        read_features(path, "railways")


def test_kinds_are_words_of_their_layers() -> None:
    from geo_ree.schema import LAYERS

    for layer, kinds in KINDS.items():
        column = next(c for c in LAYERS[layer].columns if c.name == "kind")
        assert set(kinds) <= set(column.vocabulary)
    assert "abandoned" in STATUSES

"""Chords drawn through places: the length that a whole leaves each section, and what cannot be."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

PROJECT = Path(__file__).resolve().parents[2]
FACTS = "name,status\nA-B,open\nC-D,building\n"
TABLE = """
[[lines]]
name = "A-B"
nodes = { Town = 1 }
unplaced = ["Nowhere"]
[[lines.edges]]
native_id = "7-8"
through = ["Stop"]
[places.Stop]
longitude = 71.0
latitude = 45.2
error = "station"
source = "a timetable"
source_url = "https://example.org"
"""
CITIES = {
    "1": {"geonameid": 1, "name": "Town", "countrycode": "KZ", "longitude": 70.0, "latitude": 45.01}
}


@pytest.fixture
def controls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    module = importlib.import_module("starter_build.rail_controls")
    (tmp_path / "rail_additions.csv").write_text(FACTS, encoding="utf-8")
    (tmp_path / "controls.toml").write_text(TABLE, encoding="utf-8")
    monkeypatch.setattr(module, "FACTS", tmp_path / "controls.toml")
    return module


def network(length_km: float = 180.0) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"native_id": ["1-7", "7-8"], "length_km": [8.0, length_km], "lateral_error_km": 0.0},
        geometry=[
            shapely.LineString([(69.9, 45.0), (70.0, 45.0)]),
            shapely.LineString([(70.0, 45.0), (72.0, 45.0)]),
        ],
        crs=4326,
    )


def test_a_chord_is_replaced_by_its_sections(controls: Any, tmp_path: Path) -> None:
    frame, remarks = controls.draw_through_places(network(), CITIES, tmp_path)
    assert frame["native_id"].tolist() == ["1-7", "7-8.1", "7-8.2"]
    assert frame["length_km"].sum() == pytest.approx(188.0, abs=0.01)
    assert [line.coords[-1] for line in frame.geometry[1:]] == [(71.0, 45.2), (72.0, 45.0)]
    assert (frame["lateral_error_km"][1:] > 25.0).all(), "either section may have all the slack"
    assert any("Town has a node" in r for r in remarks)
    assert any("Nowhere is in no source" in r for r in remarks)


def test_a_published_section_leaves_the_rest_less(controls: Any) -> None:
    stop = controls.Stop
    ends = [stop("", 70, 45, 0, ""), stop("Stop", 71, 45.2, 0.5, ""), stop("", 72, 45, 0, "")]
    edge = {"native_id": "7-8", "sections": [{"from": "", "to": "Stop", "length_km": 82.5}]}
    first, last = controls.cut_edge(ends, 165.0, edge)
    assert first.published and first.most_km == 82.5
    assert not last.published and last.most_km == pytest.approx(82.5)
    assert first.lateral_error_km < 10.0 > last.lateral_error_km


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('native_id = "7-8"', 'native_id = "7-9"', "no edge 7-9 .A-B."),
        ("latitude = 45.2", "latitude = 46.2", "7-8: 180 km is too short"),
        ("Town = 1", "Town = 2", "no node of the network within 7 km of Town"),
        ('name = "A-B"', 'name = "A-C"', "the open lines are .'A-B'."),
    ],
)
def test_what_cannot_be_is_refused(
    controls: Any, tmp_path: Path, old: str, new: str, words: str
) -> None:
    (tmp_path / "controls.toml").write_text(TABLE.replace(old, new), encoding="utf-8")
    far = {**CITIES, "2": {**CITIES["1"], "geonameid": 2, "latitude": 46.0}}
    with pytest.raises(ValueError, match=words):
        controls.draw_through_places(network(), far, tmp_path)

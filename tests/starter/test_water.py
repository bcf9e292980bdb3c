"""The builder of lakes and wide rivers, on small packages; and the file that it made."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.crs import GEOD
from geo_ree.settings import SCORED_COUNTRIES

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
Tool = Callable[[str], Any]
Rings = list[list[tuple[float, float]]]


def square(x: float, y: float, side: float = 0.1) -> Rings:
    return [[(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]]


RIVERS = [square(70.0, 48.0), square(70.1, 48.0)]
LAKES = [
    square(71.0, 48.0, 0.5),
    square(72.0, 48.0, 0.001),
    square(110.0, 30.0),
    square(20.0, 48.0),
]
SEA = [square(0.0, 0.0)]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Tool:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


class Shop:
    """A store of two small packages, a table of lakes and two countries; `build` builds from them."""

    def __init__(self, tool: Tool, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.water, self.error = tool("water"), tool("product").BuildError
        self.lake_names = tool("lake_names")
        self.folder, self.members = folder, [RIVERS, LAKES, SEA]
        self.out = folder / "out"
        self.out.mkdir()
        lakes = gpd.GeoDataFrame(
            {"name": ["Big", None]},
            geometry=[shapely.box(71, 48, 71.5, 48.5), shapely.box(0, 0, 1, 1)],
            crs=4326,
        )
        lakes.to_file(folder / "lakes-50m.geojson")
        self.table = folder / "lakes.csv"
        self.state("Big,Big,,,salt,bitter,a book")
        monkeypatch.setattr(self.water, "TABLE", self.table)
        self.countries(shapely.box(60, 44, 71.2, 54), shapely.box(71.2, 44, 80, 54))

    def state(self, *rows: str) -> None:
        header = ",".join(self.lake_names.COLUMNS)
        self.table.write_text("\n".join([header, *rows, ""]), encoding="utf-8")

    def countries(self, *shapes: shapely.Geometry) -> None:
        frame = gpd.GeoDataFrame({"native_id": ["KAZ", "MNG"]}, geometry=list(shapes), crs=4326)
        frame.to_parquet(self.out / "countries.parquet")

    def path(self, package: str) -> Path:
        if package == "ne_lakes":
            return self.folder / "lakes-50m.geojson"
        path = self.folder / "map.geo.json"
        parts = [{"type": "MultiPolygon", "coordinates": member} for member in self.members]
        text = json.dumps({"type": "GeometryCollection", "geometries": parts})
        path.write_text(text, encoding="utf-8")
        return path

    def built_from(self, package: str) -> dict[str, str]:
        return {package: "1.0.0"}

    def build(self) -> gpd.GeoDataFrame:
        self.product = self.water.build_water_bodies(self, self.out)
        return gpd.read_parquet(self.out / "water_bodies.parquet").set_index("native_id")

    def fails(self, words: str) -> None:
        with pytest.raises(self.error, match=words) as caught:
            self.build()
        assert "\n" not in str(caught.value)
        assert [p.name for p in self.out.iterdir()] == ["countries.parquet"]


@pytest.fixture
def shop(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tool, tmp_path, monkeypatch)


def test_small_and_far_water_is_left_out_and_tiles_are_joined(shop: Shop) -> None:
    frame = shop.build()
    assert sorted(frame.index) == ["lake-0/KAZ", "lake-0/MNG", "river-0"]
    assert frame.loc["river-0", "geometry"].bounds == (70.0, 48.0, 70.2, 48.1)
    assert dict(shop.product.dropped) == {"smaller than 0.1 km2": 1, "farther than 150 km": 1}
    assert shop.product.derived["tiles joined to the water that they are part of"] == 1


def test_water_is_cut_at_a_border_and_named(shop: Shop) -> None:
    frame = shop.build()
    lake = frame[frame["kind"] == "lake"]
    assert lake["country_reported"].tolist() == ["KAZ", "MNG"]
    assert lake["name"].tolist() == ["Big", "Big"] and lake["quality"].tolist() == ["salt", "salt"]
    assert shapely.union_all(lake.geometry).equals(shapely.box(71, 48, 71.5, 48.5))
    assert frame.loc["river-0", ["name", "quality"]].isna().all()


def test_open_water_is_of_no_country_but_for_the_band_along_the_coast(shop: Shop) -> None:
    shop.countries(shapely.box(60, 44, 70.9, 54), shapely.box(71.6, 44, 80, 54))
    shop.members[1] = [square(70.95, 48.0, 0.6)]
    frame = shop.build()
    country = frame["country_reported"].to_dict()
    assert frame["country_reported"].isna().to_dict()["lake-0/open"]
    assert country["lake-0/KAZ"] == "KAZ" and country["lake-0/MNG"] == "MNG"
    assert frame.loc["lake-0/KAZ", "geometry"].bounds[2] == pytest.approx(70.96, abs=1e-4)


def test_a_ring_that_crosses_itself_is_mended(shop: Shop) -> None:
    bow = [[(73.0, 48.0), (73.2, 48.2), (73.2, 48.0), (73.0, 48.2), (73.0, 48.0)]]
    shop.members[1] = [*LAKES, bow]
    frame = shop.build()
    assert frame.geometry.is_valid.all() and "lake-4" in frame.index
    assert shop.product.derived["invalid rings mended"] == 1


@pytest.mark.parametrize(
    ("member", "rings", "words"),
    [
        (0, [[(70.0, 48.0)] * 4], r"row 2 of kind river: no area is left .* river or lake of one"),
        (0, [[(70.0, 48.0), (71.0, 48.0), (70.0, 48.0), (70.0, 48.0)]], r"row 2 of kind river: no"),
        (1, [[(70.0, 48.0)]], r"map.geo.json, row 4 of kind lake: "),
        (1, [[(70.0, 48.0), (70.0, 49.0), (71.0, 49.0)]], r"map.geo.json, row 4 of kind lake: "),
        (1, square(73.0, 45.0, 5.0), r"map.geo.json, row \d \(lake-4\): larger than 20,000 km2"),
    ],
)
def test_bad_polygons_are_named(shop: Shop, member: int, rings: Rings, words: str) -> None:
    shop.members[member] = [*shop.members[member], rings]
    shop.fails(words)


def test_a_lake_of_a_countrys_size_needs_a_name(shop: Shop) -> None:
    shop.members[1] = [*LAKES, square(73.0, 45.0, 5.0)]
    shop.state("Big,Big,,,salt,bitter,a book", "Huge,,46,75,brackish,wide,a book")
    assert "Huge" in shop.build()["name"].tolist()


@pytest.mark.parametrize("members", [[RIVERS, LAKES], [RIVERS, LAKES, SEA, SEA], []])
def test_other_members_are_refused(shop: Shop, members: list[Any]) -> None:
    shop.members = members
    shop.fails(r"map.geo.json: members .*, expected MultiPolygons of river, lake, sea")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Big,Big,,,bitter,,a book", r"lakes.csv, line 2: quality 'bitter', expected one of fresh"),
        ("Big,Big,,,salt,,", r"lakes.csv, line 2: Big needs a source"),
        ("Big,,48,,salt,,a book", r"lakes.csv, line 2: Big needs a source, and a name in"),
        ("Lost,,45,75,salt,,a book", r"lakes.csv: Lost is no lake of map.geo.json"),
        ("Lost,Lake Lost,,,salt,,a book", r"lakes.csv: Lost is no lake of map.geo.json"),
        ("Big,Big,,,salt,a, book", r"lakes.csv, line 2: .*"),
    ],
)
def test_a_bad_row_of_the_table_of_lakes_is_named(shop: Shop, row: str, words: str) -> None:
    if row.endswith("a, book"):
        row += ",more"
    shop.state(row)
    shop.fails(words)


@pytest.fixture(scope="module")
def bodies() -> gpd.GeoDataFrame:
    return gpd.read_parquet(STARTER / "water_bodies.parquet")


def test_the_file_is_small_and_holds_what_it_says(bodies: gpd.GeoDataFrame) -> None:
    assert (STARTER / "water_bodies.parquet").stat().st_size <= 1_300_000
    assert set(bodies["kind"]) == {"lake", "river"}
    whole = bodies[~bodies["native_id"].str.contains("/")]
    area = np.array([abs(GEOD.geometry_area_perimeter(g)[0]) / 1e6 for g in whole.geometry])
    # rounding to 4 decimals and the edge of the region may take a little
    assert (area >= 0.09).mean() > 0.999
    source = load_catalog()["starter_water_bodies"]
    assert source.licence == "ODbL 1.0" and "OpenStreetMap" in source.attribution


def test_the_countries_of_the_water_are_those_of_the_borders(bodies: gpd.GeoDataFrame) -> None:
    countries = gpd.read_parquet(STARTER / "countries.parquet").set_index("native_id").geometry
    for code in SCORED_COUNTRIES:
        own = bodies[bodies["country_reported"] == code]
        gap = shapely.distance(own.geometry.to_numpy(), countries[code])
        assert gap.max() <= 0.0601, code


@pytest.mark.parametrize(
    ("name", "quality"),
    [
        ("Caspian Sea", "brackish"),
        ("Issyk-Kul", "brackish"),
        ("Lake Balkhash", "mixed"),
        ("South Aral Sea", "salt"),
        ("Karakul", "brackish"),
        ("Song-Kol", "fresh"),
    ],
)
def test_the_big_lakes_have_their_name_and_quality(
    bodies: gpd.GeoDataFrame, name: str, quality: str
) -> None:
    assert set(bodies.loc[bodies["name"] == name, "quality"]) == {quality}


def test_every_stated_quality_has_a_source(tool: Tool) -> None:
    names = tool("lake_names")
    rows = names.read_lakes(names.TABLE)
    assert len(rows) >= 15
    for row in rows:
        assert row["statement"] and row["source"].startswith("http")
        if not row["match"]:
            assert "coordinates " in row["statement"], "a coordinate is as its source prints it"

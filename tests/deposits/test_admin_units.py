"""The oblast of a deposit: by its position, else by the words of its source."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.deposits.admin_units import assign_admin1, named_units, unit_keys, unit_outline
from geo_ree.pipeline.layers import read_layers
from geo_ree.settings import SCORED_COUNTRIES, Options, Settings


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> gpd.GeoDataFrame:
    """The packaged layer, as a run reads it."""
    settings = Settings(data_root=tmp_path_factory.mktemp("empty"))
    return read_layers(settings, Options(), only_layers=("admin1", "countries")).frames["admin1"]


def names_in(words: object, country: str, units: gpd.GeoDataFrame) -> list[str]:
    found = named_units(words, country, unit_keys(units), units["kind"])
    return [str(units["name"][label]) for label in found]


@pytest.mark.parametrize(
    ("words", "country", "expected"),
    [
        ("Aktyuz ore field, Chuy region", "KGZ", ["Chuy"]),
        ("Issyk-Kul region / Kochkor district, Naryn", "KGZ", ["Issyk-Kul", "Naryn"]),
        ("Naryn or Osh oblast", "KGZ", ["Naryn", "Osh"]),
        ("Чуйская область", "KGZ", ["Chuy"]),
        ("East Kostanay region", "KAZ", ["Kostanay"]),
        ("Kustanayskaya Oblast'", "KAZ", ["Kostanay"]),
        ("North Kazakhstan", "KAZ", ["North Kazakhstan"]),
        ("East Kazakhstan", "KAZ", ["East Kazakhstan with Abai"]),
        ("Abai oblast", "KAZ", ["East Kazakhstan with Abai"]),
        ("Zhetysu region", "KAZ", ["Almaty with Zhetisu"]),
        ("Ulytau", "KAZ", ["Karaganda with Ulytau"]),
        ("South Kazakhstan", "KAZ", ["Turkistan with Shymkent"]),
        ("Almaty region", "KAZ", ["Almaty with Zhetisu"]),
        ("Almaty city", "KAZ", ["Almaty (city)"]),
        (
            "Karkaraly district, Karaganda region; 300 km SE of Astana",
            "KAZ",
            ["Karaganda with Ulytau"],
        ),
        (
            "not stated in source (state list covers Turkistan, Kostanay and Mangystau regions)",
            "KAZ",
            ["Turkistan with Shymkent", "Kostanay", "Mangystau"],
        ),
        ("Leninabad Oblast", "TJK", ["Sughd"]),
        ("Panjshir", "AFG", ["Panjshir"]),
        ("Parwan", "AFG", ["Parwan"]),
        ("Daykundi Province", "AFG", ["Daykundi"]),
        ("South Gobi", "MNG", ["Ömnögovi"]),
        ("Bayan-Olgii aimag", "MNG", ["Bayan-Ölgii"]),
        ("central Mongolia", "MNG", []),
        ("NW Mongolia", "MNG", []),
        ("North Nuratau, Charmitan ore field", "UZB", []),
        ("Turan", "UZB", []),
        ("40 km from Osh", "KGZ", []),
        ("Talas district", "KGZ", []),
        ("Chuy region", "KAZ", []),
        ("", "KGZ", []),
        (None, "KGZ", []),
    ],
)
def test_the_units_that_a_text_names(
    words: object, country: str, expected: list[str], units: gpd.GeoDataFrame
) -> None:
    assert names_in(words, country, units) == expected


def deposit(
    country: str, place: shapely.Point | None, error_m: float, words: object = None
) -> gpd.GeoDataFrame:
    frame = {"country": [country], "admin_area": [words], "position_error_m": [error_m]}
    return gpd.GeoDataFrame(frame, geometry=[place], crs=4326)


@pytest.mark.parametrize(
    ("name", "country", "place", "expected"),
    [
        ("Khujand", "TJK", (69.62, 40.28), "Sughd"),
        ("Panjshir valley", "AFG", (69.9, 35.5), "Panjshir"),
        ("Bamyan side of Parwan", "AFG", (68.77, 35.0), "Parwan"),
        ("Zhezkazgan", "KAZ", (67.71, 47.8), "Karaganda with Ulytau"),
        ("Baikonur", "KAZ", (63.32, 45.92), "Baikonur"),
        ("Aktau, on the Caspian", "KAZ", (51.15, 43.65), "Mangystau"),
        ("off Aktau", "KAZ", (50.9, 43.7), "Mangystau"),
    ],
)
def test_the_unit_of_a_place(
    name: str, country: str, place: tuple[float, float], expected: str, units: gpd.GeoDataFrame
) -> None:
    assert assign_admin1(deposit(country, shapely.Point(place), 0.0), units).item() == expected, (
        name
    )


@pytest.fixture
def halves() -> gpd.GeoDataFrame:
    """Two oblasts that meet at 75 E, and one of another country beside them."""
    frame = {
        "country": ["KGZ", "KGZ", "KAZ"],
        "name": ["West", "East", "Abroad"],
        "kind": "region",
        "aliases": None,
    }
    boxes = [shapely.box(74, 42, 75, 43), shapely.box(75, 42, 76, 43), shapely.box(74, 43, 76, 44)]
    return gpd.GeoDataFrame(frame, geometry=boxes, crs=4326)


def test_near_a_border_all_units_within_the_error_are_given_the_holding_one_first(
    halves: gpd.GeoDataFrame,
) -> None:
    place = shapely.Point(75.02, 42.5)  # 1.6 km east of the border
    assert assign_admin1(deposit("KGZ", place, 1_000.0), halves).item() == "East"
    assert assign_admin1(deposit("KGZ", place, 2_000.0), halves).item() == "East;West"


def test_the_country_decides_where_two_maps_draw_its_border_apart(halves: gpd.GeoDataFrame) -> None:
    beyond = shapely.Point(74.3, 43.01)
    assert assign_admin1(deposit("KGZ", beyond, 500.0), halves).item() == "West"
    assert assign_admin1(deposit("KAZ", beyond, 500.0), halves).item() == "Abroad"


def test_a_country_without_units_gives_none(halves: gpd.GeoDataFrame) -> None:
    assert assign_admin1(deposit("CHN", shapely.Point(75, 42.5), 500.0), halves).item() is None
    assert assign_admin1(deposit("KGZ", None, np.nan, "nowhere known"), halves).item() is None


def test_the_outline_of_named_units_ends_with_the_country(halves: gpd.GeoDataFrame) -> None:
    land = shapely.box(74, 42, 75.5, 43)
    outline = unit_outline("West;East", land, "KGZ", halves)
    assert outline is not None and outline.area == pytest.approx(1.5)
    assert unit_outline(None, land, "KGZ", halves) is None
    assert unit_outline("West", land, "KGZ", None) is None
    assert unit_outline("West", shapely.box(0, 0, 1, 1), "KGZ", halves) is None


def test_the_packaged_layer_covers_the_seven_countries(units: gpd.GeoDataFrame) -> None:
    assert len(units) == 105
    assert set(units["country"]) == set(SCORED_COUNTRIES)
    assert not units.duplicated(["country", "name"]).any()
    assert units["name"].notna().all()
    assert shapely.coverage_is_valid(units.geometry.to_numpy())
    renamed = units[units["notes"].notna()]
    assert len(renamed) == 7 and renamed["notes"].str.contains(r"https://|gn_name").all()
    assert "public domain" in load_catalog()["starter_admin1"].licence


def test_positions_lie_in_the_unit_that_their_source_names(
    tmp_path: pytest.TempPathFactory,
) -> None:
    settings = Settings(data_root=tmp_path)
    frames = read_layers(
        settings, Options(), only_layers=("admin1", "countries", "deposits")
    ).frames
    units, rows = frames["admin1"], frames["deposits"]
    placed = rows[rows.geometry.notna() & rows["admin_area"].notna()]
    own = assign_admin1(placed, units)
    keys = unit_keys(units)
    compared = 0
    for label, row in placed.iterrows():
        at = named_units(row["admin_area"], str(row["country"]), keys, units["kind"])
        named = {units["name"][i] for i in at}
        if named:
            compared += 1
            assert named & set(str(own[label]).split(";")), row["id"]
    assert compared >= 14
    assert isinstance(own, pd.Series)

"""The builder of the oblasts, on a few small hand-made units."""

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


def unit(code: str, west: float, **changed: Any) -> dict[str, Any]:
    name = changed.get("name", f"Unit {code}")
    columns = {
        "adm1_code": code,
        "adm0_a3": "AFG",
        "name": name,
        "name_en": name,
        "name_alt": "Other|Another",
        "gn_name": f"Wilayat-e {name}",
        "gns_name": f"{name}, Wilayat-e",
        "woe_name": None,
        "name_ru": "Имя",
        "type_en": "Province",
    }
    properties = {k: v for k, v in (columns | changed).items() if v != "gone" and k != "shape"}
    shape = changed.get("shape", shapely.box(west, 33, west + 1, 34))
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(shape),
    }


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Build:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    module = importlib.import_module("starter_build.admin_units")
    names = tmp_path / "admin_names.csv"
    monkeypatch.setattr(module, "NAMES", names)
    raw = tmp_path / "admin1.json"

    class Store:
        def path(self, package_id: str) -> Path:
            return raw

        def built_from(self, package_id: str) -> dict[str, str]:
            return {package_id: "made up"}

    def run(*units: dict[str, Any], corrections: str = "") -> gpd.GeoDataFrame:
        raw.write_text(json.dumps({"features": units}), encoding="utf-8")
        names.write_text(f"unit,name,aliases,reason,source\n{corrections}", encoding="utf-8")
        module.build_admin_units(Store(), tmp_path)
        return gpd.read_parquet(tmp_path / "admin1.parquet").set_index("native_id")

    return run


def test_other_countries_are_left_out_and_baikonur_is_kazakh(build: Build) -> None:
    made = build(unit("A", 60), unit("B", 61, adm0_a3="KAB"), unit("C", 62, adm0_a3="CHN"))
    assert made["country"].to_dict() == {"A": "AFG", "B": "KAZ"}


def test_two_units_of_one_english_name_take_those_of_geonames(build: Build) -> None:
    twins = {"name": "Parwan", "name_alt": "Charikar"}
    made = build(
        unit("A", 60, **twins, gn_name="Panjshir", gns_name="Panjshayr, Wilayat-e"),
        unit("B", 61, **twins, gn_name="Parwan", gns_name="Parwan, Wilayat-e"),
    )
    assert made["name"].to_dict() == {"A": "Panjshir", "B": "Parwan"}
    assert "Parwan" not in made.loc["A", "aliases"]


def test_a_city_is_told_from_the_oblast_of_its_name(build: Build) -> None:
    made = build(
        unit("A", 60, name="Tashkent", gn_name="Toshkent Viloyati"),
        unit("B", 61, name="Tashkent", gn_name="Toshkent Shahri"),
    )
    assert made[["name", "kind"]].to_numpy().tolist() == [
        ["Tashkent", "region"],
        ["Tashkent (city)", "city"],
    ]


def test_a_correction_names_a_unit_adds_aliases_and_says_why(build: Build) -> None:
    made = build(unit("A", 60), corrections="A,New,Newer;Newest,split in 2022,a newspaper\n")
    assert made.loc["A", "name"] == "New"
    assert made.loc["A", "aliases"].endswith("Имя;Newer;Newest")
    assert made.loc["A", "notes"] == "split in 2022 (a newspaper)"


BOW = shapely.Polygon([(60, 33), (61, 34), (61, 33), (60, 34)])


@pytest.mark.parametrize(
    ("units", "corrections", "words"),
    [
        ([], "", r"admin1.json: no unit of KAZ, "),
        ([unit("A", 60, name_en=None)], "", r"admin1.parquet, row 0 \(A\): name is blank"),
        ([unit("A", 60, name_en=" ")], "", r"admin1.parquet, row 0 \(A\): name is blank"),
        ([unit("A", 60, adm1_code="")], "", r"admin1.json, row 0 \(Unit A\): adm1_code is blank"),
        ([unit("A", 60, name_en="gone")], "", r"admin1.json: no column name_en; it has "),
        ([unit("A", 60, shape=BOW)], "", r"admin1.json, row 0 \(A\): invalid polygon \(Self-inter"),
        ([unit("A", 60), unit("B", 60.5)], "", r"admin1.json: two units overlap"),
        (
            [unit("A", 60, name="X"), unit("B", 61, name="X")],
            "",
            r"A, B: the same name \(X\); give them",
        ),
        ([unit("A", 60)], "Z,New,,why,source\n", r"admin_names.csv: no unit has the code Z"),
        ([unit("A", 60)], "A,New\n", r"admin_names.csv, line 2: 2 fields, expected 5"),
    ],
)
def test_bad_input_is_one_line_that_names_file_and_row_and_writes_nothing(
    build: Build, tmp_path: Path, units: list[dict[str, Any]], corrections: str, words: str
) -> None:
    error = importlib.import_module("starter_build.product").BuildError
    with pytest.raises(error, match=words) as caught:
        build(*units, corrections=corrections)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "admin1.parquet").exists()

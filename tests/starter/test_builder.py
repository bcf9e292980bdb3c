"""The builder of the starter: packages are checked, and the folder changes whole or not at all."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import re
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

PROJECT = Path(__file__).resolve().parents[2]
Tool = Callable[[str], Any]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Tool:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


def tarball(path: Path, members: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


@pytest.fixture
def store(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A store of one package, `lakes`, whose member `package/a.json` must hold `{}`."""
    packages = tool("packages")
    package = packages.Package(
        id="lakes",
        manager="npm",
        name="@no/lakes",
        version="1.0.0",
        licence="ODbL",
        files={"package/a.json": hashlib.sha256(b"{}").hexdigest()},
    )
    monkeypatch.setattr(packages, "read_packages", lambda: {"lakes": package})
    return packages.Store(tmp_path / "cache")


def test_every_package_of_the_table_has_checksums_and_a_licence(tool: Tool) -> None:
    packages = tool("packages").read_packages()
    assert {"osm_waterbodies", "osm_countries", "natural_earth_admin1", "searoute", "gmted"} <= set(
        packages
    )
    for package in packages.values():
        assert package.command()[0] and package.licence
        assert package.files and all(
            re.fullmatch("[0-9a-f]{64}", s) for s in package.files.values()
        )
        assert "://" not in " ".join(package.command())


def test_a_member_is_unpacked_and_no_other_file(store: Any) -> None:
    tarball(store.cache / "lakes" / "x.tgz", {"../evil": b"!", "package/a.json": b"{}"})
    assert store.path("lakes").read_bytes() == b"{}"
    assert sorted(p.name for p in store.cache.rglob("*") if p.is_file()) == ["a.json", "x.tgz"]
    assert store.built_from("lakes")["npm @no/lakes"] == "1.0.0"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"package/a.json": b"[]"}, r"package/a.json changed: sha256 4f53.*, expected 4413"),
        ({"package/b.json": b"{}"}, r"x.tgz has no file package/a.json: the package changed"),
    ],
)
def test_a_changed_package_is_one_line_that_names_it(
    tool: Tool, store: Any, members: dict[str, bytes], words: str
) -> None:
    tarball(store.cache / "lakes" / "x.tgz", members)
    with pytest.raises(tool("product").BuildError, match=f"npm @no/lakes 1.0.0: {words}") as caught:
        store.path("lakes")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["x.tgz", "x.whl", "x.deb"])
def test_a_broken_archive_is_named(tool: Tool, store: Any, name: str) -> None:
    (store.cache / "lakes").mkdir(parents=True)
    (store.cache / "lakes" / name).write_bytes(b"<html>not found</html>")
    with pytest.raises(tool("product").BuildError, match=rf"lakes 1.0.0: {name} is broken"):
        store.path("lakes")
    assert [p.name for p in store.cache.rglob("*") if p.is_file()] == [name]


def test_a_client_that_is_not_installed_is_named(
    tool: Tool, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(tool("product").BuildError, match=r"lakes 1.0.0: npm is not installed"):
        store.path("lakes")


class Workshop:
    """Two products, `a.csv` and `b.csv`, and a folder where they are built."""

    def __init__(self, tool: Tool, out: Path) -> None:
        self.folder, self.product, self.out = tool("folder"), tool("product"), out
        self.words = {"a.csv": "first a", "b.csv": "first b"}
        self.entries = {f: {"licence": f"licence of {f}", "title": f} for f in self.words}

    def make(self, file: str, out: Path) -> Any:
        (out / file).write_text(self.words[file], encoding="utf-8")
        return self.product.Product(
            file=file, source_id=file, rows=1, built_from={"words": self.words[file]}, took={}
        )

    def fail(self, out: Path) -> Any:
        (out / "b.csv").write_text("half of", encoding="utf-8")
        raise self.product.BuildError("b's source changed")

    def build(self, *only: str, **other: Any) -> list[Any]:
        builders = {file: partial(self.make, file) for file in self.words} | other
        built: list[Any] = self.folder.write_starter(builders, self.entries, self.out, only)
        return built

    def state(self) -> dict[str, str]:
        return {p.name: p.read_text("utf-8") for p in sorted(self.out.iterdir())}

    def leftovers(self) -> list[str]:
        return [p.name for p in self.out.parent.iterdir() if p != self.out]


@pytest.fixture
def workshop(tool: Tool, tmp_path: Path) -> Workshop:
    return Workshop(tool, tmp_path / "site" / "starter")


def test_only_builds_what_is_named_and_keeps_the_papers_of_the_rest(workshop: Workshop) -> None:
    workshop.build()
    workshop.words = {"a.csv": "second a", "b.csv": "second b"}
    assert [p.file for p in workshop.build("b.csv")] == ["b.csv"]
    state = workshop.state()
    assert (state["a.csv"], state["b.csv"]) == ("first a", "second b")
    files = json.loads(state["starter.json"])["files"]
    assert list(files) == ["a.csv", "b.csv"]
    assert [f["built_from"]["words"] for f in files.values()] == ["first a", "second b"]
    licences = state["LICENSES.md"]
    assert "licence of a.csv" in licences and "words first a" in licences
    assert "licence of b.csv" in licences and "words second b" in licences


def test_the_openstreetmap_notice_names_the_files_whose_licence_says_so(workshop: Workshop) -> None:
    workshop.build()
    assert "OpenStreetMap" not in workshop.state()["LICENSES.md"]
    workshop.entries["a.csv"]["licence"] = "ODbL 1.0"
    workshop.entries["b.csv"]["licence"] = "ODbL 1.0 (crossings); CC BY 4.0 (ports)"
    workshop.build()
    assert (
        "**OpenStreetMap.** `a.csv`, `b.csv` (crossings) are made"
        in workshop.state()["LICENSES.md"]
    )


def test_the_packaged_licences_are_what_the_catalogue_says(tool: Tool, tmp_path: Path) -> None:
    papers, starter = tool("papers"), PROJECT / "geo_ree" / "starter"
    entries = papers.read_entries(PROJECT / "geo_ree" / "catalog" / "starter.toml")
    files = json.loads((starter / papers.MANIFEST).read_text("utf-8"))["files"]
    papers.write_licences(files, entries, tmp_path)
    made = (tmp_path / papers.LICENCES).read_text("utf-8")
    assert made == (starter / papers.LICENCES).read_text("utf-8")
    notice = made[made.index("**OpenStreetMap.**") : made.index("**GeoNames.**")]
    for file in files:
        assert (f"`{file}`" in notice) == ("ODbL" in papers._entry(file, entries)["licence"]), file


@pytest.mark.parametrize("only", [(), ("b.csv",)])
def test_a_builder_that_fails_midway_changes_nothing(workshop: Workshop, only: Any) -> None:
    workshop.build()
    before = workshop.state()
    workshop.words["a.csv"] = "second a"
    with pytest.raises(workshop.product.BuildError, match="b's source changed"):
        workshop.build(*only, **{"b.csv": workshop.fail})
    assert workshop.state() == before
    assert workshop.leftovers() == []


def test_a_first_build_that_fails_leaves_no_folder(workshop: Workshop) -> None:
    with pytest.raises(workshop.product.BuildError):
        workshop.build(**{"b.csv": workshop.fail})
    assert not workshop.out.exists() and workshop.leftovers() == []


def test_a_starter_that_is_too_large_is_refused(workshop: Workshop) -> None:
    workshop.build()
    workshop.words["b.csv"] = "b" * 8_000_001
    with pytest.raises(workshop.product.BuildError, match="more than 8"):
        workshop.build("b.csv")
    assert workshop.state()["b.csv"] == "first b"


def test_only_refuses_what_it_cannot_keep(workshop: Workshop) -> None:
    wrong = workshop.product.BuildError
    with pytest.raises(wrong, match=r"--only c.csv: no such file; there are a.csv, b.csv"):
        workshop.build("c.csv")
    with pytest.raises(wrong, match=r"b.csv is not in .*: build it too"):
        workshop.build("a.csv")
    workshop.build()
    (workshop.out / "a.csv").write_text("by hand", encoding="utf-8")
    with pytest.raises(wrong, match=r"a.csv is not what starter.json says: build it too"):
        workshop.build("b.csv")


def test_a_product_without_a_catalogue_entry_is_named(workshop: Workshop) -> None:
    del workshop.entries["b.csv"]
    with pytest.raises(workshop.product.BuildError, match=r"b.csv: no entry in .*starter.toml"):
        workshop.build()
    assert not workshop.out.exists()


def test_columns_and_rows_of_a_table_are_checked(tool: Tool, tmp_path: Path) -> None:
    checks, wrong = tool("checks"), tool("product").BuildError
    table = tmp_path / "table.csv"
    table.write_text("id,name\n1,Karakul\n2,Song,Kol\n", encoding="utf-8")
    with pytest.raises(wrong, match=r"table.csv: no column area; it has id, name"):
        checks.read_checked_csv(table, ["id", "area"])
    with pytest.raises(wrong, match=r"table.csv, line 3: 3 fields, expected 2"):
        checks.read_checked_csv(table, ["id"])
    table.write_text("id,name\n1,Karakul\n", encoding="utf-8")
    assert checks.read_checked_csv(table, ["id"]) == [{"id": "1", "name": "Karakul"}]


BOW = shapely.Polygon([(70, 40), (71, 41), (71, 40), (70, 41)])
SQUARE = shapely.box(70, 40, 71, 41)


@pytest.mark.parametrize(
    ("shape", "kind", "words"),
    [
        (BOW, "polygon", r"invalid polygon \(Self-intersection.*make_valid"),
        (shapely.box(60, 40, 80, 50), "polygon", "larger than 100,000 km2"),
        (shapely.box(7e6, 4e6, 8e6, 5e6), "polygon", "not in degrees"),
        (shapely.LineString([(70, 40), (70, 40)]), "line", "a line of one point"),
        (shapely.Point(70, 40), "line", "not a line"),
        (shapely.Polygon(), "polygon", "no geometry"),
        (None, "polygon", "no geometry"),
    ],
)
def test_a_bad_geometry_is_named_with_its_row(
    tool: Tool, shape: Any, kind: str, words: str
) -> None:
    good = SQUARE if kind == "polygon" else shapely.LineString([(70, 40), (71, 41)])
    frame = gpd.GeoDataFrame({"name": ["good", "Bad one"]}, geometry=[good, shape], crs=4326)
    check = partial(tool("checks").check_geometry, kind=kind, largest_km2=100_000)
    with pytest.raises(tool("product").BuildError, match=rf"lakes, row 1 \(Bad one\): {words}"):
        check("lakes", frame, "name")
    check("lakes", frame[:1], "name")


def test_a_blank_name_is_named_with_its_row(tool: Tool) -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["A", "B", "C"], "gn_name": ["Naryn", None, " "]}, geometry=[SQUARE] * 3, crs=4326
    )
    words = r"admin1, row 1 \(B\), row 2 \(C\): gn_name is blank"
    with pytest.raises(tool("product").BuildError, match=words):
        tool("checks").check_filled("admin1", frame, "gn_name", "id")

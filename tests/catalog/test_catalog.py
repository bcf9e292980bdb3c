from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from geo_ree.catalog import Source, load_catalog
from geo_ree.errors import CatalogError
from geo_ree.ingest import READERS
from geo_ree.schema import LAYERS, PRECISION_ERROR_M, RASTER_LAYERS

CATALOG = load_catalog()
ENTRY = """
[[source]]
id = "mine"
label = "mine, 2026"
title = "My own table"
publisher = "Me"
country = "World"
layer = "deposits"
protocol = "archive"
url = "https://example.org/mine.zip"
licence = "CC0"
attribution = "Me myself"
edition = "2026"
"""


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], Path]:
    def put(text: str) -> Path:
        path = tmp_path / "my.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return put


TABLES = [part for source in CATALOG.values() for part in source.parts()]


@pytest.mark.parametrize("source", TABLES, ids=[f"{t.id}.{t.part}".rstrip(".") for t in TABLES])
def test_each_entry_holds_together(source: Source):
    assert source.protocol in READERS
    assert source.licence and source.attribution and source.edition
    if source.layer in RASTER_LAYERS:  # no table: nothing below is about it
        assert source.url.count("{tile}") >= 1
        return
    columns = {c.name: c for c in LAYERS[source.layer].columns}
    assert source.reader.member or source.protocol != "starter"
    assert bool(source.reader.tables) <= bool(source.reader.key)
    assert source.precision.class_ in PRECISION_ERROR_M
    if source.protocol != "starter" and source.status == "ok":
        assert source.url.startswith("https://")
    given = {**source.columns, **source.constants}
    for name, column in columns.items():
        if column.required and name not in ("id", "source_id", "kind", "precision_class"):
            assert name in given or name in source.values, f"nothing gives {name}"
    for name, mapping in source.values.items():
        assert name in source.columns, f"values.{name} has no column to map"
        vocabulary = columns[name].vocabulary if name in columns else ()
        if vocabulary:
            assert set(mapping.values()) <= {*vocabulary, "=", ""}
    for name, value in source.constants.items():
        vocabulary = columns[name].vocabulary
        assert not vocabulary or value in vocabulary
    for upstream in source.columns.values():
        table, dot, _ = upstream.partition(".")
        if dot and source.reader.tables:
            assert table in source.reader.tables


@pytest.mark.parametrize(
    ("deptype", "role", "tier", "group"),
    [
        ("alk-ig", "candidate", "primary", "rare_earth"),
        ("carb", "candidate", "primary", "rare_earth"),
        ("ion-ad", "candidate", "primary", "rare_earth"),
        ("phos", "by_product_host", "by_product", "rare_earth_by_product"),
        ("placer-sh", "by_product_host", "by_product", "rare_earth_by_product"),
        ("oth-u", "by_product_host", "by_product", "rare_earth_by_product"),
        ("met", "by_product_host", "by_product", "rare_earth_by_product"),
    ],
)
def test_the_role_of_a_rare_earth_record_follows_its_deposit_type(deptype, role, tier, group):
    values = CATALOG["usgs_ree"].values
    assert values["role"][deptype] == role
    assert values["commodity_tier"][deptype] == tier
    assert values["commodity_group"][deptype] == group


def test_role_tier_and_group_of_rare_earth_records_agree():
    values = CATALOG["usgs_ree"].values
    assert set(values["role"]) == set(values["commodity_tier"]) == set(values["commodity_group"])
    for code, role in values["role"].items():
        main = role == "candidate"
        assert (values["commodity_tier"][code] == "primary") == main
        assert (values["commodity_group"][code] == "rare_earth") == main


def test_role_tier_and_group_of_major_deposits_agree():
    values = CATALOG["usgs_major_deposits"].values
    groups = values["commodity_group"]
    assert len(groups) == 461  # the 460 combinations in the file, and any other
    for symbols, group in groups.items():
        parts = symbols.split(";")
        expected = "context"
        if "REE" in parts:
            main = parts[0] == "REE" and symbols != "REE;P"  # phosphorus first in the text
            expected = "candidate" if main else "by_product_host"
        assert values["role"].get(symbols, values["role"]["*"]) == expected
        tier = {"candidate": "primary", "by_product_host": "by_product", "context": ""}[expected]
        assert values["commodity_tier"].get(symbols, values["commodity_tier"]["*"]) == tier
        assert (group in ("rare_earth", "rare_earth_by_product")) == (expected != "context")
    assert groups["Cu;Mo;Au"] == "nonferrous"
    assert groups["*"] == "unknown"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Occurrence", "occurrence"),
        ("Potential resource", "deposit"),
        ("Active mine (1998)", "mine"),
        ("Byproduct producer of Eu (1995)", "mine"),
    ],
)
def test_the_kind_of_a_rare_earth_record_follows_its_status(status, kind):
    assert CATALOG["usgs_ree"].values["kind"][status] == kind


@pytest.mark.parametrize("status", ["Past producer?", "Byproduct", "Potential. byproduct", ""])
def test_a_status_in_doubt_makes_no_mine(status):
    kinds = CATALOG["usgs_ree"].values["kind"]
    assert kinds.get(status, kinds["*"]) == "unknown"


def test_a_file_of_the_users_own_adds_an_entry(own):
    catalog = load_catalog(own(ENTRY))
    assert catalog["mine"].url == "https://example.org/mine.zip"
    assert set(CATALOG) < set(catalog)


def test_a_file_of_the_users_own_replaces_an_entry(own):
    catalog = load_catalog(own(ENTRY.replace('"mine"', '"usgs_ree"', 1)))
    assert catalog["usgs_ree"].title == "My own table"


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        CATALOG["usgs_ree"] = CATALOG["usgs_ree"]  # type: ignore[index]


def test_all_mistakes_are_told_at_once_with_their_dotted_paths(own):
    text = (
        ENTRY
        + 'colour = "red"\n'
        + ENTRY.replace('"mine"', '"other"', 1).replace('layer = "deposits"', 'layer = "dreams"')
        + ENTRY.replace('"mine"', '"third"', 1).replace('protocol = "archive"', 'protocol = "ftp"')
    )
    with pytest.raises(CatalogError) as caught:
        load_catalog(own(text))
    said = str(caught.value)
    assert "my.toml: source.mine.colour: " in said
    assert "source.other" in said and "dreams" in said
    assert "source.third.protocol" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[source]\n", "my.toml: not TOML"),
        (ENTRY.replace('url = "https://example.org/mine.zip"', ""), "source.mine.url: is missing"),
        (ENTRY.replace("https:", "ftp:"), "source.mine.url"),
        (
            ENTRY + '[source.columns]\ncolour = "x"\n',
            "source.mine.columns.colour: is no column of the layer",
        ),
        (ENTRY + 'extract_of = "nobody"\n', "source.mine.extract_of: no source is 'nobody'"),
        (ENTRY.replace('"mine"', '"Mine!"', 1), "source.Mine!.id"),
    ],
)
def test_a_mistake_is_told(own, text, said):
    with pytest.raises(CatalogError) as caught:
        load_catalog(own(text))
    assert said in str(caught.value)


def test_a_missing_catalogue_is_told(tmp_path):
    with pytest.raises(CatalogError, match=r"cannot be read \(No such file or directory\)"):
        load_catalog(tmp_path / "gone.toml")

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits.commodities import DERIVED
from geo_ree.deposits.vocabulary import word_tables
from geo_ree.errors import CatalogError
from geo_ree.fetching import READERS
from geo_ree.schema import LAYERS, PRECISION_ERROR_M, RASTER_LAYERS

CATALOG = load_catalog()
PARTS = [p for s in CATALOG.values() for p in s.parts() if p.layer not in RASTER_LAYERS]
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


@pytest.mark.parametrize("source", CATALOG.values(), ids=CATALOG.keys())
def test_each_entry_holds_together(source: Source):
    assert source.protocol in READERS
    assert source.licence and source.attribution and source.edition
    assert source.reader.member or source.protocol != "starter"
    assert bool(source.reader.tables) <= bool(source.reader.key)
    if source.protocol != "starter" and source.status == "ok":
        assert source.url.startswith("https://")


@pytest.mark.parametrize("part", PARTS, ids=lambda p: f"{p.id}-{p.part}")
def test_each_table_fits_its_layer(part: Source):
    columns = {c.name: c for c in LAYERS[part.layer].columns}
    rule = part.commodities
    ruled = DERIVED if rule.main or rule.minor or rule.trace else ()
    assert part.precision.class_ in PRECISION_ERROR_M
    given = {*part.columns, *part.constants, *ruled}
    unneeded = ("id", "source_id", "kind", "precision_class")
    for name, column in columns.items():
        if column.required and name not in unneeded and part.columns:
            assert name in given or name in part.values, f"nothing gives {name}"
    for name, mapping in part.values.items():
        assert name in part.columns or name in ruled, f"values.{name} has no column to map"
        vocabulary = columns[name].vocabulary if name in columns else ()
        if vocabulary:
            assert set(mapping.values()) <= {*vocabulary, "=", ""}
    for name, table in part.words.items():
        assert table in word_tables()
        assert name in part.columns or not part.columns
    for name, value in part.constants.items():
        vocabulary = columns[name].vocabulary
        assert not vocabulary or value in vocabulary
    for upstream in part.columns.values():
        table, dot, _ = upstream.partition(".")
        if dot and part.reader.tables:
            assert table in part.reader.tables


@pytest.mark.parametrize(
    ("source_id", "protocol", "status", "layer", "tables"),
    [
        ("usgs_mrds", "archive", "ok", "deposits", 1),
        ("usgs_ree", "archive", "ok", "deposits", 1),
        ("usgs_global_ree_2022", "sciencebase", "unverified", "deposits", 2),
        ("usgs_tien_shan_ree", "sciencebase", "unverified", "deposits", 1),
        ("usgs_pp1802", "sciencebase", "ok", "deposits", 1),
        ("usgs_major_deposits", "archive", "ok", "deposits", 1),
        ("usgs_minfac", "archive", "unverified", "facilities", 1),
        ("usgs_copper_sites", "archive", "ok", "deposits", 2),
        ("usgs_porcu", "archive", "ok", "deposits", 1),
        ("usgs_sedcu", "archive", "ok", "deposits", 1),
        ("usgs_carbonatite", "archive", "ok", "deposits", 1),
        ("usgs_phosphate", "local", "manual", "deposits", 1),
        ("icmm_mines", "local", "manual", "facilities", 1),
    ],
)
def test_the_tables_of_usgs_and_icmm_are_there(source_id, protocol, status, layer, tables):
    source = CATALOG[source_id]
    assert (source.protocol, source.status, source.layer) == (protocol, status, layer)
    assert len(source.parts()) == tables
    assert source.notes or source.why


@pytest.mark.parametrize("source", [s for s in CATALOG.values() if s.why], ids=lambda s: s.id)
def test_why_and_instead_are_phrases_that_others_go_on_with(source: Source):
    assert not source.why.endswith(".")
    assert not source.instead.endswith(".")
    assert "--file" not in source.instead


def test_the_worlds_copper_is_context():
    for source_id in ("usgs_copper_sites", "usgs_porcu", "usgs_sedcu"):
        for part in CATALOG[source_id].parts():
            assert part.constants["role"] == "context"
            assert part.constants["commodity_group"] == "nonferrous"


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


def test_the_exceptions_of_major_deposits_are_few_and_agree():
    values = CATALOG["usgs_major_deposits"].values
    assert values["role"] == {"REE;P": "by_product_host"}
    assert values["commodity_tier"] == {"REE;P": "by_product"}
    assert values["commodity_group"] == {
        "REE;P": "rare_earth_by_product",
        "Na;bentonite": "industrial_mineral",
    }


def test_the_state_of_a_rare_earth_record_is_told_by_the_table_of_words():
    assert CATALOG["usgs_ree"].words == {"kind": "status", "stage": "stage"}
    assert "kind" not in CATALOG["usgs_ree"].values


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


def test_one_mistake_does_not_hide_another_of_the_same_entry(own):
    text = (
        ENTRY.replace('layer = "deposits"', 'layer = "dreams"').replace("title", "tittle")
        + 'status = "manual"\n[source.reader]\npause_s = -1\n'
        + ENTRY.replace('"mine"', '"other"', 1).replace("https:", "ftp:")
        + '[source.columns]\ncolour = "x"\n'
    )
    with pytest.raises(CatalogError) as caught:
        load_catalog(own(text))
    for said in (
        "source.mine.title: Field required",
        "source.mine.tittle: is no setting",
        "source.mine.layer: is 'dreams'",
        "source.mine.why: is missing",
        "source.mine.instead: is missing",
        "source.mine.reader.pause_s: ",
        "source.other.url: String",
        "source.other.columns.colour: is no column",
    ):
        assert str(caught.value).count(said) == 1, said
    assert "url: is missing" not in str(caught.value)


def test_a_catalogue_in_another_encoding_is_told(tmp_path):
    (tmp_path / "my.toml").write_bytes("title = 'Рудник'".encode("cp1251"))
    with pytest.raises(CatalogError, match=r"my\.toml is not UTF-8 text"):
        load_catalog(tmp_path / "my.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[source]\n", "my.toml is not TOML"),
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


COMMERCIAL_WORDS = {
    "ask": ("not stated", "as agreed", "WDPA terms"),
    "no": ("CC BY-NC",),
    "yes": (
        *("public domain", "CC0", "CC BY 4.0", "CC BY-SA 4.0", "ODbL 1.0", "Apache-2.0", "MIT"),
        *("free reuse with attribution", "Copernicus DEM licence: free of charge for any use"),
    ),
}
"""How the licence of a packaged source begins, by whether it allows commercial use."""


@pytest.mark.parametrize("source", CATALOG.values(), ids=CATALOG.keys())
def test_each_entry_says_by_its_licence_whether_it_allows_commercial_use(source: Source):
    assert "commercial_use" in source.model_fields_set
    said = [use for use, words in COMMERCIAL_WORDS.items() if source.licence.startswith(words)]
    assert said == [source.commercial_use]


def test_a_source_that_does_not_say_is_to_be_asked_for(own: Callable[[str], Path]):
    assert load_catalog(own(ENTRY))["mine"].commercial_use == "ask"


def test_another_word_for_commercial_use_is_refused(own: Callable[[str], Path]):
    with pytest.raises(CatalogError, match="commercial_use"):
        load_catalog(own(ENTRY + 'commercial_use = "maybe"\n'))

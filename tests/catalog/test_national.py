"""What the seven countries publish: honest about what there is, and what a person can do."""

from __future__ import annotations

import re

import pytest

from geo_ree.catalog import load_catalog
from geo_ree.errors import FetchError
from geo_ree.fetching import fetch_snapshot
from geo_ree.schema import LAYERS
from geo_ree.settings import Settings

COUNTRIES = {
    "Kazakhstan",
    "Uzbekistan",
    "Kyrgyzstan",
    "Tajikistan",
    "Turkmenistan",
    "Mongolia",
    "Afghanistan",
}
CATALOG = load_catalog()
NATIONAL = {
    s.id: s
    for s in CATALOG.values()
    if s.country in COUNTRIES and s.id.startswith(s.country.lower())
}
CLOSED = {i: s for i, s in NATIONAL.items() if s.status in ("none", "manual")}


def test_every_country_has_an_answer():
    assert {s.country for s in NATIONAL.values()} == COUNTRIES


@pytest.mark.parametrize(
    ("source_id", "status", "evidence"),
    [
        ("afghanistan_geology", "none", "guess"),
        ("afghanistan_licences", "unverified", "pattern"),
        ("afghanistan_usgs_packages", "manual", "confirmed"),
        ("kazakhstan_geology", "none", "confirmed"),
        ("kazakhstan_geoportal", "unverified", "confirmed"),
        ("kazakhstan_licences", "manual", "confirmed"),
        ("kyrgyzstan_geology", "none", "confirmed"),
        ("mongolia_licences", "unverified", "confirmed"),
        ("mongolia_ree_deposits", "unverified", "confirmed"),
        ("mongolia_ree_occurrences", "unverified", "confirmed"),
        ("mongolia_ree_points", "unverified", "confirmed"),
        ("tajikistan_geology", "none", "guess"),
        ("tajikistan_geoportal", "none", "confirmed"),
        ("turkmenistan_geology", "none", "guess"),
        ("uzbekistan_geology", "none", "confirmed"),
        ("uzbekistan_gold_plots", "manual", "confirmed"),
    ],
)
def test_status_and_evidence_are_as_they_were_found(source_id, status, evidence):
    assert (CATALOG[source_id].status, CATALOG[source_id].evidence) == (status, evidence)


@pytest.mark.parametrize("source", CLOSED.values(), ids=CLOSED)
def test_why_and_instead_read_as_one_sentence_before_the_command(source):
    for text in (source.why, source.instead):
        assert "\n" not in text
        assert "  " not in text
        assert not text.endswith((".", ",", ";"))
        assert text[0].islower()


@pytest.mark.parametrize("source", CLOSED.values(), ids=CLOSED)
def test_a_fetch_says_why_not_and_how_a_file_can_be_handed_over(source):
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(source, Settings())
    said = str(caught.value)
    assert source.why in said
    assert f"then geo-ree fetch {source.id} --file PATH" in said


@pytest.mark.parametrize(
    ("source_id", "said"),
    [
        ("uzbekistan_geology", "state secret"),
        ("kyrgyzstan_geology", "Regulation 144 of 2014"),
        ("kazakhstan_geology", "Order 380 of 2018"),
        ("kazakhstan_licences", "full access is paid"),
        ("tajikistan_geoportal", "hazards"),
        ("uzbekistan_gold_plots", "405 plots"),
    ],
)
def test_the_reason_is_the_law_or_the_fact(source_id, said):
    assert said in CATALOG[source_id].why


@pytest.mark.parametrize("source", CLOSED.values(), ids=CLOSED)
def test_the_columns_that_a_handed_file_may_have_are_canonical(source):
    found = re.search(r"columns (.*)$|properties (.*)$", source.instead)
    if source.id == "tajikistan_geoportal":  # a layer of deposits would be a find of its own
        assert found is None
        return
    assert found is not None
    names = set(
        re.findall(
            r"[a-z_]+",
            re.sub(r"\([^)]*\)|and|where|you|have|them", "", found.group(1) or found.group(2)),
        )
    )
    known = {*LAYERS[source.layer].column_names(), "latitude", "longitude"}
    assert names
    assert names <= known
    assert source.columns == {}


def test_the_layers_of_mongolia_differ_in_address_and_rank_alone():
    layers = {n: CATALOG[f"mongolia_ree_{n}"] for n in ("deposits", "points", "occurrences")}
    assert [s.url.rpartition("/")[2] for s in layers.values()] == ["2", "3", "4"]
    assert {s.url.rpartition("/")[0] for s in layers.values()} == {layers["deposits"].landing_page}
    rank = ("kind", "commodity_tier", "role")
    assert {n: tuple(s.constants[c] for c in rank) for n, s in layers.items()} == {
        "deposits": ("deposit", "primary", "candidate"),
        "points": ("occurrence", "assay", "context"),  # of 280 showings none is ranked
        "occurrences": ("occurrence", "primary", "candidate"),
    }
    for source in layers.values():
        assert source.columns == {"name": "Name", "deposit_type": "Ore_genesis"}
        assert source.nulls["*"] == ("null", "none")
        assert "ask before redistributing" in source.licence


def test_the_grid_of_the_mongolian_cadastre_is_asked_gently_and_named_in_order():
    reader = CATALOG["mongolia_licences"].reader
    assert reader.cells == (
        "ID",
        "Code",
        "Name",
        "Type",
        "Status",
        "Holder",
        "Area",
        "DisplayText",
    )
    assert (reader.page_size, reader.pause_s) == (500, 1.0)
    assert reader.headers["X-Requested-With"] == "XMLHttpRequest"
    assert "area_km2" not in CATALOG["mongolia_licences"].columns  # its unit is not known


@pytest.mark.parametrize(
    "source_id",
    [
        "mongolia_licences",
        "mongolia_ree_points",
        "kazakhstan_licences",
        "afghanistan_licences",
        "uzbekistan_gold_plots",
    ],
)
def test_a_record_without_a_place_is_still_in_its_country(source_id):
    source = CATALOG[source_id]
    assert source.constants["country_reported"] == source.country


def test_the_axis_of_every_feature_server_is_stated():
    for source in NATIONAL.values():
        if source.protocol == "wfs":
            assert source.reader.axis == "lonlat"


def test_a_layer_that_is_not_ours_is_of_no_kind_that_is_measured_to():
    assert CATALOG["kazakhstan_geoportal"].constants["kind"] == "unknown"
    assert "No mineral layer was seen" in CATALOG["kazakhstan_geoportal"].notes

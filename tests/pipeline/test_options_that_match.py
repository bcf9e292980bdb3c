"""An option that matches nothing is refused, with what may be meant."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.errors import CatalogError, SchemaError, SettingsError
from geo_ree.pipeline.gateways import check_names, choose_gateways
from geo_ree.pipeline.layers import check_coverage, check_ids, load_layers
from geo_ree.proximity import load_targets
from geo_ree.settings import Options, Settings

GATEWAYS = gpd.GeoDataFrame(
    {
        "name": ["Dostyk", "Khorgos", "Semiglavy Mar"],
        "neighbour": ["CHN", "CHN", "RUS"],
        "kind": ["rail_border", "rail_border", "rail_border"],
    },
    geometry=shapely.points([[82, 45], [80, 44], [49, 49]]),
    crs=4326,
)
LAYERS = {"gateways": GATEWAYS}


def chosen(**options):
    return choose_gateways(load_targets(), LAYERS, Options(**options))["gateway"]


@pytest.mark.parametrize("word", ["CHN", "China", "cn", "Китай", "People's Republic of China"])
def test_a_country_to_avoid_may_be_named_in_any_way(word):
    assert chosen(avoid=word).avoid_neighbours == ("CHN",)
    assert chosen(avoid=word).choose(GATEWAYS)["name"].tolist() == ["Semiglavy Mar"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"avoid": "Chna"},
            "the neighbour to avoid is 'Chna', which names no country; did you mean China",
        ),
        ({"avoid": "UGA"}, "no gateway leads to UGA; use some of CHN, RUS"),
        ({"gateways": "Dostik"}, "no gateway is called Dostik; did you mean Dostyk"),
        ({"gateways": "Rotterdam"}, "no gateway is called Rotterdam; use some of Dostyk, Khorgos"),
        ({"gateways": "Dostyk", "avoid": "CHN"}, "no gateway is left to measure to"),
    ],
)
def test_gateways_that_are_not_there_are_refused(options, message):
    with pytest.raises(SettingsError, match=message):
        chosen(**options)


def test_gateways_cannot_be_chosen_from_no_layer():
    with pytest.raises(SettingsError, match="there are none to choose from"):
        choose_gateways(load_targets(), {}, Options(avoid="CHN"))
    assert choose_gateways(load_targets(), {}, Options()) == load_targets()


def test_sources_that_are_not_there_are_refused_with_the_nearest_ids():
    with pytest.raises(
        SettingsError, match="no source is called 'usgs_rea'; did you mean usgs_ree"
    ):
        check_ids(["usgs_rea"], load_catalog())
    both = Options(only="starter_deposits", without="starter_deposits")
    with pytest.raises(SettingsError, match="starter_deposits is chosen alone and left out"):
        load_layers(Settings(), both)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('layer = "railway"', r"town.layer: no layer is 'railway' \(did you mean railways"),
        (
            'kinds = ["ralway"]',
            r"town.kinds: no kind of the layer settlements is 'ralway' \(use one of",
        ),
        (
            'unknown_for_precision = ["centriod"]',
            r"town.unknown_for_precision: no precision class is 'centriod' \(did you mean centroid",
        ),
        (
            "at_least = { populaton = 5.0 }",
            r"town.at_least: no column of the layer settlements is 'populaton' \(did you mean population",
        ),
    ],
)
def test_words_of_targets_that_match_nothing_are_refused(tmp_path, table, message):
    path = tmp_path / "targets.toml"
    layer = "" if table.startswith("layer") else 'layer = "settlements"\n'
    path.write_text(f'[town]\nlabel = "town"\n{layer}{table}\n')
    with pytest.raises(SchemaError, match=message):
        load_targets(path)
    path.write_text("town = 3\n")
    with pytest.raises(SchemaError, match="town: is no table"):
        load_targets(path)


def test_names_of_targets_are_refused_where_their_layer_is_there(tmp_path):
    path = tmp_path / "targets.toml"
    path.write_text(
        '[gate]\nlayer = "gateways"\nlabel = "gate"\nnames = ["Dostik"]\n'
        '[airport]\nlayer = "airports"\nlabel = "airport"\nnames = ["Not fetched"]\n'
    )
    with pytest.raises(
        SettingsError, match=r"mine.toml: gate.names: .* is called Dostik; did you mean Dostyk"
    ):
        check_names(load_targets(path), LAYERS, "mine.toml")
    path.write_text('[gate]\nlayer = "gateways"\nlabel = "gate"\navoid_neighbours = ["KAZ"]\n')
    with pytest.raises(SettingsError, match="avoid_neighbours: no gateway leads to KAZ"):
        check_names(load_targets(path), LAYERS, "mine.toml")


@pytest.mark.parametrize(
    ("coverage", "message"),
    [(("KAZ", "Uganda"), "'Uganda', .* write UGA"), (("XXQ",), "'XXQ', .* write codes as KAZ")],
)
def test_a_country_of_coverage_that_is_no_code_is_refused(coverage, message):
    source = load_catalog()["usgs_ree"].model_copy(update={"coverage": coverage})
    with pytest.raises(CatalogError, match=message):
        check_coverage(source)


def test_the_packaged_catalogue_and_targets_match_themselves():
    for source in load_catalog().values():
        check_coverage(source)
    assert all(target.layer for target in load_targets().values())

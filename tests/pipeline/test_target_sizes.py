"""The least sizes that count are said where the numbers stand, as the targets of the run have them."""

import re
from importlib.resources import files

import pytest

from geo_ree import Options, Settings, run
from geo_ree.proximity import load_targets
from geo_ree.studies.visits import plan_visit, render_sheet, write_visit
from tests.maps.test_page import values

TOWN, PLANT = "town of 12,500 people or more", "power plant of 120 MW or more"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A run whose targets file asks for larger towns and plants than the package's."""
    folder = tmp_path_factory.mktemp("sizes")
    text = (files("geo_ree.proximity") / "targets.toml").read_text(encoding="utf-8")
    text = text.replace("population = 5000.0", "population = 12500.0")
    (folder / "targets.toml").write_text(text.replace("capacity_mw = 50.0", "capacity_mw = 120.0"))
    options = Options(draws=20, targets=folder / "targets.toml")
    return run(Settings(data_root=folder / "data"), options)


def test_a_target_without_a_size_has_the_plain_name():
    targets = load_targets()
    assert targets["road"].name_with_size("road") == "road"
    any_size = targets["settlement"].model_copy(update={"at_least": {}})
    assert any_size.name_with_size("settlement") == "settlement"
    assert targets["power_line"].name_with_size("power line") == "power line of 110 kV or more"


def test_the_packaged_words_agree_with_the_packaged_sizes():
    for name in ("power_plant", "settlement", "power_line"):
        target = load_targets()[name]
        assert target.label.endswith(target.size_words())


def test_sentences_and_criteria_name_the_sizes_of_the_targets(result):
    ranked = result.table[result.table["rank_in_role"].notna()]
    words = " ".join(ranked[["reasons_for", "reasons_against", "sentence"]].astype(str).sum(axis=1))
    assert TOWN in words and PLANT in words
    assert not re.search(r"(?:settlement|power plant|town) (?:at most |under )?\d", words)
    assert not re.search(r"5,000 people|of 50 MW", words)
    criteria = result.tables["criteria"].set_index("name")["measured_to"]
    assert criteria["settlement"] == f"{TOWN} in the deposit's own country"
    assert criteria["power_plant"] == f"{PLANT} in the deposit's own country"
    assert TOWN in result.explain("Kutessay II").sentence


def test_the_page_has_them_in_all_its_parts(result):
    made = values(result.to_html())
    assert made["measures"]["settlement"][0] == TOWN
    assert made["labels"]["power_plants"] == "Power plants of 120 MW or more"
    for model in made["scoring"]["models"]:
        named = {c["column"]: c["features"] for c in model["criteria"]}
        assert named["dist_settlement_km"] == TOWN
        assert named["dist_power_plant_km"] == PLANT
        assert named["dist_railway_km"] == "railway"
    assert result.report["targets"]["settlement"]["at_least"] == {"population": 12500.0}


def test_the_visit_sheet_and_its_kml_have_them(result, tmp_path):
    plan = plan_visit(result, ["Kutessay II"])
    assert "<th>Town of 12,500 people or more</th>" in render_sheet(plan)
    write_visit(plan, tmp_path)
    kml = (tmp_path / "visit.kml").read_text(encoding="utf-8")
    assert TOWN in kml and PLANT in kml

"""Routes are credited as all other data: every file with its licence and checksum."""

from geo_ree.pipeline.route_inputs import LAYER, route_inputs
from geo_ree.storage import sha256_of, starter_path


def test_every_network_is_credited_as_in_the_licences_of_the_starter_data():
    licences = starter_path("LICENSES.md").read_text(encoding="utf-8")
    sections = {part.split("\n")[0]: part for part in licences.split("\n## ")}
    networks = [row for row in route_inputs() if row["file"].endswith(".parquet")]
    assert len(networks) == 4
    for row in networks:
        section = sections[row["file"]]
        assert row["sha256"] == sha256_of(starter_path(row["file"]))
        for name in ("title", "attribution", "licence", "licence_url", "edition"):
            assert row[name] in section, name


def test_the_facts_are_one_input_with_the_licences_in_it():
    (facts,) = [row for row in route_inputs() if row["id"] == "route_facts"]
    assert facts["rows"] > 100
    assert all(word in facts["licence"] for word in ("Apache-2.0", "ODbL", "CC BY 4.0"))
    assert all(row["layer"] == LAYER and row["rows"] > 0 for row in route_inputs())

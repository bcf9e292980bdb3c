"""What is not in use never counts as open, however a mapper spells it, by file and by Overpass."""

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.deposits import normalize
from geo_ree.proximity import load_targets
from geo_ree.reading.osm_elements import Element, Selection
from geo_ree.reading.osm_states import STATES, state_value

ENTRY = load_catalog()["osm_kazakhstan"]
TABLES = {part.part: part for part in ENTRY.parts()}
QUERY = load_catalog()["osm_box"].reader.query["data"]
TARGETS = {"railways": "railway", "roads": "road", "power_lines": "power_line"}
CLASSES = [
    ("railways", "railway", "rail", "rail"),
    ("railways", "railway", "narrow_gauge", "narrow_gauge"),
    ("roads", "highway", "primary", "primary"),
    ("roads", "highway", "trunk_link", "trunk"),
    ("power_lines", "power", "line", "line"),
    ("power_lines", "power", "substation", "substation"),
    ("power_plants", "power", "plant", "operating"),
]


def kind_of(table, tags, countries):
    """Kind of a feature with these tags in a table of the entry; None where it is left out."""
    source = TABLES[table]
    corners = [(70.0, 45.0), (70.1, 45.0), (70.1, 45.1)]
    node = tags.get("power") in ("substation", "plant") or table == "power_plants"
    element = (
        Element(kind="node", id=1, tags=tags, points=corners[:1])
        if node
        else Element(kind="way", id=1, tags=tags, lines=[("", corners)])
    )
    selection = Selection(source)
    selection.add(element)
    if not selection.rows:
        return None

    raw = selection.table(Path("made.osm.pbf"))
    frame = normalize(raw, source, countries).frame
    return frame["kind"].iloc[0]


def asked_for(tags):
    """Whether the query of Overpass asks for a feature with these tags."""

    def clause_holds(filters):
        return all(
            any(
                (re.search(key, k) if tilde else key == k) and re.search(value, v)
                for k, v in tags.items()
            )
            for tilde, key, value in filters
        )

    clauses = [line for line in QUERY.splitlines() if line.strip().startswith(("way[", "nwr["))]
    assert clauses
    return any(clause_holds(re.findall(r'\[(~?)"([^"]+)"~"([^"]+)"\]', line)) for line in clauses)


def spellings(key, value):
    """Every way to say that a feature is not in use, with the state."""
    for word, state in STATES.items():
        yield {f"{word}:{key}": value}, state
        yield {key: word, word: value}, state
        yield {key: word, f"{word}:{key}": value}, state
        if word not in ("historic", "was"):
            yield {key: value, word: "yes"}, state
            yield {key: value, "lifecycle": word}, state
    yield {key: value, "operational_status": "closed"}, "disused"


@pytest.mark.parametrize(("table", "key", "value", "kind"), CLASSES)
def test_every_spelling_of_a_state_is_a_kind_that_does_not_count(
    table, key, value, kind, countries
):
    assert kind_of(table, {key: value}, countries) == kind
    assert asked_for({key: value})
    closed = "closed" if table == "power_plants" else "disused"
    kinds = {
        "construction": "building",
        "planned": "planned",
        "disused": closed,
        "razed": closed,
    }
    for tags, state in spellings(key, value):
        assert kind_of(table, tags, countries) == kinds[state], tags
        assert asked_for(tags), tags


@pytest.mark.parametrize("layer", sorted(TARGETS))
def test_targets_leave_out_what_is_not_in_use(layer):
    rows = pd.DataFrame({"kind": ["building", "planned", "disused"], "voltage_kv": 220.0})
    assert load_targets()[TARGETS[layer]].choose(rows).empty


def test_a_target_of_all_kinds_leaves_out_what_is_not_in_use():
    rows = pd.DataFrame({"kind": ["disused", "planned", "closed", "town"]})
    target = load_targets()["settlement"].model_copy(update={"at_least": {}})
    assert target.choose(rows)["kind"].tolist() == ["town"]


@pytest.mark.parametrize(
    "tags",
    [
        {"railway": "rail", "historic": "yes"},
        {"railway": "rail", "disused": "no"},
        {"railway": "rail", "construction": "minor"},
        {"railway": "rail", "abandoned:railway": "rail"},  # of two tracks one is gone
        {"railway": "rail", "operational_status": "open"},
        {"railway": "rail", "razed:building": "yes"},
    ],
)
def test_what_is_in_use_stays_open(tags, countries):
    assert kind_of("railways", tags, countries) == "rail"


@pytest.mark.parametrize(
    ("tags", "table"),
    [
        ({"disused:railway": "tram"}, "railways"),
        ({"railway": "construction", "construction": "subway"}, "railways"),
        ({"highway": "construction", "construction": "footway"}, "roads"),
        ({"highway": "proposed"}, "roads"),
        ({"disused:power": "pole"}, "power_lines"),
    ],
)
def test_other_classes_are_left_out_in_every_state(tags, table, countries):
    assert kind_of(table, tags, countries) is None


def test_a_railway_of_which_only_the_state_is_mapped_is_kept(countries):
    assert kind_of("railways", {"railway": "abandoned"}, countries) == "disused"
    assert state_value({"railway": "abandoned"}, "railway_type") == "unknown"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Abandoned", "disused"),
        ("under construction", "building"),
        ("proposed", "planned"),
        ("dismantled 1998", "disused"),
        ("недействующая", "disused"),
        ("строящаяся", "building"),
        ("standard", "unknown"),
    ],
)
def test_words_of_a_state_in_other_sources_do_not_count_as_open(word, kind, countries):
    raw = gpd.GeoDataFrame(
        {"native_id": ["1"], "kind": [word]},
        geometry=[shapely.LineString([(70, 45), (71, 45)])],
        crs=4326,
    )
    own = load_catalog()["natural_earth_railroads"].model_copy(
        update={
            "columns": {"native_id": "native_id", "kind": "kind"},
            "constants": {},
            "values": {},
            "nulls": {},
        }
    )
    assert normalize(raw, own, countries).frame["kind"].tolist() == [kind]

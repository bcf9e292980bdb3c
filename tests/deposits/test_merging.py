"""Records into deposits: what is joined, what is kept apart, and what is kept of each."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.deposits import add_position_values, locate, merge
from geo_ree.deposits.grouping import JOIN_PROBABILITY, form_groups
from geo_ree.deposits.pairs import find_pairs
from geo_ree.deposits.similarity import WEIGHTS, judge_pairs
from geo_ree.schema import check_layer

ERROR_M = {"arc_minute": 2000.0, "arc_second": 500.0, "none": np.nan}


def record(row_id, name, place, **more):
    """One record of a table: id ``table:number``, (longitude, latitude) or None."""
    fine = more.pop("precision_class", "arc_minute" if place else "none")
    return {
        "id": row_id,
        "source_id": row_id.partition(":")[0],
        "name": name,
        "kind": "deposit",
        "role": "candidate",
        "commodities": "REE",
        "commodity_group": "rare_earth",
        "country": "KAZ",
        "precision_class": fine,
        "position_error_m": ERROR_M[fine],
        "geometry": shapely.Point(place) if place else None,
        **more,
    }


def merged(*records):
    return merge(
        check_layer(gpd.GeoDataFrame(list(records), geometry="geometry", crs=4326), "deposits")
    )


def groups(*records):
    return sorted(merged(*records).deposits["sources"])


def test_one_deposit_of_three_tables_is_one_row_and_all_records_stay_reachable():
    got = merged(
        record("a:1", "Kutessay II", (76.12, 42.86), name_local="Кутессай II"),
        record("b:7", "Kutessai-2", (76.17, 42.67), operator="Nobody Ltd."),
        record("c:3", "Кутессай-II", (76.13, 42.85), status="past producer"),
    )
    (row,) = got.deposits.itertuples()
    assert row.sources == "a:1;b:7;c:3"
    assert (row.name, row.operator, row.status) == ("Kutessay II", "Nobody Ltd.", "past producer")
    assert set(row.aliases.split(";")) == {"Kutessai-2", "Кутессай-II"}
    assert got.members.set_index("record")["deposit"].to_dict() == dict.fromkeys(
        ("a:1", "b:7", "c:3"), "a:1"
    )
    assert got.members.geometry.iloc[1].equals(shapely.Point(76.17, 42.67))


def test_each_merged_value_names_the_record_that_it_came_from():
    values = merged(
        record("a:1", "Made-up Ridge", (70, 45), operator=None),
        record("b:1", "Made-up Ridge", (70, 45.01), operator="Nobody Ltd."),
    ).values.set_index("attribute")
    assert values.loc["operator", ["value", "record"]].tolist() == ["Nobody Ltd.", "b:1"]
    assert values.loc["name", "record"] == "a:1"
    assert "position" not in values.index  # locate() chooses it


def test_disagreements_are_kept_with_their_sources():
    conflicts = merged(
        record("a:1", "Made-up Ridge", (70, 45), status="producer", kind="mine"),
        record("b:1", "Made-up Ridge", (70, 45.01), status="prospect", commodities="REE;Nb"),
        record("c:1", "Made-up Ridge", (70, 45.02), status="Producer"),
    ).conflicts.set_index("attribute")
    assert conflicts.loc["status", "values"] == "producer | prospect | Producer"
    assert conflicts.loc["status", "sources"] == "a:1 | b:1 | c:1"
    assert conflicts.loc["kind", "values"] == "mine | deposit | deposit"
    assert "commodities" not in conflicts.index  # they share REE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Kutessay I", (76.1, 42.85)), ("Kutessay II", (76.12, 42.86))),
        (("Benkala North", (61.77, 51.2)), ("Benkala South", (61.8, 51.1))),
        (("Balkhash", (74.95, 46.83)), ("Balkhash Smelter", (74.95, 46.83))),
        (("Red Hill", (70, 45)), ("Blue Lake", (70, 45))),
        (("unnamed", (70, 45)), ("unnamed", (70.01, 45))),
        (("Made-up Ridge", (55, 45)), ("Made-up Ridge", (70, 45))),
    ],
    ids=[
        "numbers",
        "parts",
        "works",
        "other names at one place",
        "no names",
        "a thousand km apart",
    ],
)
def test_these_are_two(one, other):
    assert len(groups(record("a:1", *one), record("b:1", *other))) == 2


def test_homonyms_of_other_commodities_are_kept_apart():
    """Kundybai: rare earths and a nickel laterite; Sarysai: one in each of two countries."""
    assert groups(
        record("usgs:1445", "Kundybajskoe", (60.83, 51.99)),
        record("usgs:1444", "Kundybai", (60.8, 51.88), commodities="Zr"),
        record("usgs:1446", "Kundybajskoe, Shevchenkovskoe", (60.78, 51.74), commodities="Ni"),
        record("starter:k", "Kundybai", (60.83, 51.99), same_as="usgs:1445"),
    ) == ["usgs:1444", "usgs:1445;starter:k", "usgs:1446"]
    assert groups(
        record("a:1", "Sarysai", (66.32, 47.58), commodities="V"),
        record("b:1", "Sarysai", None, country="KGZ"),
    ) == ["a:1", "b:1"]


def test_a_record_without_a_place_gets_none_by_its_name_alone():
    copper = record("a:1", "Tsagaan Chulut", (103.9, 49.1), commodities="Cu", country="MNG")
    assert len(groups(copper, record("b:1", "Tsagaan Chuluut", None, country="MNG"))) == 2
    rare = record("a:1", "Tsagaan Chulut", (103.9, 49.1), country="MNG")
    assert len(groups(rare, record("b:1", "Tsagaan Chuluut", None, country="MNG"))) == 1


def test_two_names_of_one_table_without_places_are_two_deposits():
    apart = [record("s:1", "Akbulak", None), record("s:2", "Kokbulak", None)]
    assert groups(*apart) == ["s:1", "s:2"]
    placed = [record("s:1", "Akbulak", None), record("s:2", "Kokbulak", (66.6, 50.0))]
    assert groups(*placed) == ["s:1", "s:2"]
    one = [record("s:1", "Taohulashan", None), record("s:2", "Taohualashan", (101.3, 39.0))]
    assert groups(*one) == ["s:1;s:2"]
    tables = [record("s:1", "Akbulakskoe", None), record("t:1", "Akbulak", (66.6, 50.0))]
    assert groups(*tables) == ["s:1;t:1"]


def test_the_position_is_chosen_once_by_locate_and_the_values_name_its_record(countries):
    got = merged(
        record("a:1", "Made-up Ridge", None),
        record("b:1", "Made-up Ridge", (70, 45)),
        record("c:1", "Made-up Ridge", (70.01, 45), precision_class="arc_second"),
    )
    assert got.deposits.geometry.isna().all()  # that of the leading record
    located = locate(got.deposits, got.members, countries=countries)
    (row,) = located.deposits.itertuples()
    assert row.sources == "a:1;b:1;c:1"
    assert (row.geometry.x, row.precision_class) == (70.01, "arc_second")
    values = add_position_values(got.values, located)
    last = values.iloc[-1]
    assert last.tolist() == ["a:1", "position", "45.00000, 70.01000", "c:1"]


def test_features_that_weigh_nothing_are_no_reasons():
    """Both "a common name" and "commodities agree" have the weight 0.00."""
    pairs = find_pairs(
        check_layer(
            gpd.GeoDataFrame(
                [
                    record("a:1", "Made-up Ridge", (70, 45)),
                    record("b:1", "Made-up Ridge", (70.01, 45)),
                    record("c:1", "Made-up Ridge", (70.02, 46.5)),
                ],
                geometry="geometry",
                crs=4326,
            ),
            "deposits",
        )
    )
    weightless = [name for name, weight in WEIGHTS.items() if weight == 0.0]
    assert {"shared_commodity", "common_name"} <= set(weightless)
    assert (pairs[["shared_commodity", "common_name"]] > 0).all(axis=None)
    for reasons in judge_pairs(pairs)["reasons"]:
        assert "common name" not in reasons and "commodities" not in reasons


def test_results_are_shown_in_one_line_and_as_escaped_tables(countries):
    got = merged(record("a:1", "<b>Ridge</b>", (70, 45)), record("b:1", "<b>Ridge</b>", (70.2, 45)))
    located = locate(got.deposits, got.members, countries=countries)
    for shown in (got, located):
        assert "\n" not in repr(shown) and len(repr(shown)) < 100
        assert "&lt;b&gt;Ridge" in shown._repr_html_() and "<b>Ridge" not in shown._repr_html_()
    assert repr(got) == "<Merged: 2 records, 1 deposits, 0 conflicts>"


def test_records_that_name_each_other_are_always_joined():
    far = record("b:1", "Quite Another Name", (80, 50), commodities="Au")
    assert groups(record("a:1", "Made-up Ridge", (70, 45), same_as="b:1;gone:9"), far) == [
        "a:1;b:1"
    ]


def test_a_role_that_ranks_wins_over_context_but_not_over_a_judgement():
    def role(first, second):
        rows = (
            record("a:1", "Made-up Ridge", (70, 45), role=first),
            record("b:1", "Made-up Ridge", (70, 45.01), role=second),
        )
        return merged(*rows).deposits["role"].iloc[0]

    assert role("context", "candidate") == "candidate"
    assert role("not_ree", "candidate") == "not_ree"


def test_a_chain_of_weak_links_does_not_weld():
    ends = pd.DataFrame(
        {"first": [0, 1, 2], "second": [1, 2, 3], "probability": 0.75, "apart": False}
    )
    group = form_groups(4, ends)
    assert len(set(group)) > 1
    assert group[0] != group[3]


def test_two_that_may_never_be_one_are_not_joined_through_a_third():
    table = pd.DataFrame(
        {
            "first": [0, 1, 0],
            "second": [1, 2, 2],
            "probability": [0.99, 0.98, 0.02],
            "apart": [0, 0, 1],
        }
    )
    assert form_groups(3, table).tolist() == [0, 0, 2]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_groups_part_all_records_and_no_joined_pair_is_apart(data):
    count = data.draw(st.integers(1, 12))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = {(min(p), max(p)) for p in data.draw(st.lists(ends, max_size=30)) if p[0] != p[1]}
    odds = [data.draw(st.floats(0, 1)) for _ in pairs]
    apart = [data.draw(st.booleans()) for _ in pairs]
    table = pd.DataFrame(
        {
            "first": [a for a, _ in pairs],
            "second": [b for _, b in pairs],
            "probability": odds,
            "apart": apart,
        }
    )
    group = form_groups(count, table)
    assert len(group) == count
    assert all(group[g] == g <= i for i, g in enumerate(group))
    for (a, b), never in zip(pairs, apart, strict=True):
        assert not (never and group[a] == group[b])
    if all(p < JOIN_PROBABILITY for p in odds):
        assert len(set(group)) == count


def test_the_order_of_the_records_does_not_change_what_is_one_deposit():
    rows = [
        record("a:1", "Kutessay II", (76.12, 42.86)),
        record("b:7", "Kutessai-2", (76.17, 42.67)),
        record("b:8", "Aktyuz", (76.18, 42.88)),
        record("c:3", "Ak-Tyuz", (76.13, 42.88)),
        record("c:4", "Red Hill", (70, 45)),
    ]
    one = {frozenset(s.split(";")) for s in groups(*rows)}
    assert one == {frozenset(s.split(";")) for s in groups(*rows[::-1])}
    assert one == {frozenset({"a:1", "b:7"}), frozenset({"b:8", "c:3"}), frozenset({"c:4"})}


def test_every_pair_that_was_compared_has_its_reasons():
    pairs = merged(
        record("a:1", "Kutessay II", (76.12, 42.86)),
        record("b:7", "Kutessay-3", (76.17, 42.67), commodities="Fe"),
    ).pairs
    (pair,) = pairs.itertuples()
    assert (pair.first, pair.second, pair.joined) == ("a:1", "b:7", False)
    assert pair.probability <= 0.02
    assert "different numbers" in pair.reasons
    assert "21 km apart" in pair.reasons
    assert "other commodities" in pair.reasons


def test_a_record_alone_stays_as_it_is_and_none_is_lost():
    rows = [record("a:1", None, (70, 45)), record("a:2", "Made-up Ridge", None)]
    got = merged(*rows)
    assert got.deposits["sources"].tolist() == ["a:1", "a:2"]
    assert len(got.conflicts) == len(got.values) == len(got.pairs) == 0


def test_deposit_types_of_another_origin_lower_the_probability():
    def odds(other):
        return merged(
            record(
                "a:1", "Made-up Ridge", (70, 45), deposit_type="Podiform chromite", commodities=None
            ),
            record("b:1", "Made-up Ridge", (70.1, 45), deposit_type=other, commodities=None),
        ).pairs.iloc[0]

    assert odds("Ni-Co laterite")["probability"] < odds("Magmatic")["probability"]
    assert "deposit types of another origin" in odds("Ni-Co laterite")["reasons"]
    assert odds(None)["probability"] == odds("Magmatic")["probability"]


def test_the_records_say_which_other_record_they_repeat():
    got = merged(
        record("a:1", "Made-up Ridge", (70.00001, 45), precision_class="arc_second"),
        record("b:1", "Made-up Ridge", (70, 45), precision_class="arc_second"),
        record("c:1", "Made-up Ridge", (70.01, 45), precision_class="arc_second"),
    ).members.set_index("record")
    assert got["copy_of"].to_dict() == {"a:1": None, "b:1": "a:1", "c:1": None}


def test_a_copy_that_says_the_same_is_no_second_witness_of_a_disagreement():
    rows = (
        record("a:1", "Made-up Ridge", (70, 45), status="producer"),
        record("b:1", "Made-up Ridge", (70, 45), status="producer"),
        record("c:1", "Made-up Ridge", (70, 45), status="prospect"),
        record("d:1", "Made-up Ridge", (70, 45.1), status="producer"),
    )
    (conflict,) = merged(*rows).conflicts.query("attribute == 'status'").itertuples()
    assert conflict.values == "producer | prospect | producer"
    assert conflict.sources == "a:1 | c:1 | d:1"

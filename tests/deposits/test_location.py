import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.deposits import FLAGS, Located, locate
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M

TEXTS = ("aliases", "country_reported", "position_basis", "reference")


def members_of(*rows):
    """(record, deposit, longitude, latitude, class) each; a longitude of None is no place."""
    out = []
    for record, deposit, lon, lat, chosen, *more in rows:
        error = PRECISION_ERROR_M[chosen]
        out.append(
            {
                "record": record,
                "deposit": deposit,
                "source_id": record.partition(":")[0],
                "name": f"Made-up {deposit}",
                **dict.fromkeys(TEXTS),
                "precision_class": chosen,
                "position_error_m": error,
                "geometry": None if lon is None else shapely.Point(lon, lat),
                **(more[0] if more else {}),
            }
        )
    return gpd.GeoDataFrame(out, geometry="geometry", crs=4326)


def deposits_of(members, **columns):
    first = members.drop_duplicates("deposit")
    plain = {
        "name": first["name"].to_numpy(),
        **dict.fromkeys(TEXTS),
        "country": "KAZ",
        "admin_area": None,
        "role": "candidate",
        **columns,
    }
    return gpd.GeoDataFrame(
        {"id": first["deposit"].to_numpy(), **plain}, geometry=first.geometry.to_numpy(), crs=4326
    )


def distance(deposit, km, lon, lat, relation="road", **more):
    return {
        "id": more.pop("id", f"p:{km}"),
        "source_id": "p",
        "deposit_id": deposit,
        "deposit_name": None,
        "relation": relation,
        "distance_km": km,
        "direction": None,
        "from_place": "Town",
        "from_latitude": lat,
        "from_longitude": lon,
        "place_source": "x",
        "tolerance_km": np.nan,
        "source": "a paper",
        "notes": None,
        **more,
    }


def place(located, deposit="d"):
    row = located.deposits.set_index("id").loc[deposit]
    return (row.geometry.x, row.geometry.y), row["position_error_m"], row["position_flags"]


def verdicts(located):
    return dict(zip(located.positions["record"], located.positions["verdict"], strict=True))


def test_the_finest_class_is_chosen_and_ties_go_by_order(countries):
    members = members_of(
        ("a:1", "d", 70.0, 45.0, "arc_minute"),
        ("b:1", "d", 70.001, 45.0, "arc_second"),
        ("c:1", "d", 70.003, 45.0, "arc_second"),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[0] == (70.001, 45.0)
    assert verdicts(done) == {"a:1": "copy", "b:1": "chosen", "c:1": "counted"}
    assert done.deposits["precision_class"].tolist() == ["arc_second"]
    assert "chosen of 3 printed positions: b:1, arc second" in done.deposits["position_basis"][0]


def test_the_error_is_the_farthest_position_that_counts(countries):
    members = members_of(
        ("a:1", "d", 70.0, 45.0, "arc_second"),
        ("b:1", "d", 70.0, 45.2, "arc_minute"),
    )
    done = locate(deposits_of(members), members, countries=countries)
    _, error, flags = place(done)
    assert error == pytest.approx(22_226, abs=20) and flags == "sources_disagree"
    assert done.audit["distance_km"][0] == pytest.approx(error / 1000, abs=0.001)
    assert "farthest position that counts (b:1)" in done.deposits["position_basis"][0]


def test_a_position_alone_against_two_that_agree_is_outvoted(countries):
    members = members_of(
        ("a:1", "d", 70.0, 45.0, "arc_second"),
        ("b:1", "d", 70.0, 45.015, "arc_second"),
        ("c:1", "d", 70.0, 45.4, "arc_minute"),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert verdicts(done)["c:1"] == "outvoted"
    assert place(done)[1] == pytest.approx(1_667, abs=5)
    assert done.audit["flag"].tolist() == ["sources_disagree"]
    assert done.audit["distance_km"][0] == pytest.approx(44.45, abs=0.05)
    assert "c:1 44.5 km (outvoted)" in done.audit["evidence"][0]


def test_a_copied_or_rounded_position_does_not_count_twice(countries):
    for twin in ((70.0, 45.0, "arc_second"), (70.005, 45.003, "hundredth_degree")):
        members = members_of(
            ("a:1", "d", 70.0, 45.0, "arc_second"),
            ("b:1", "d", *twin),
            ("c:1", "d", 70.0, 45.4, "arc_minute"),
        )
        done = locate(deposits_of(members), members, countries=countries)
        assert verdicts(done)["c:1"] == "counted"
        assert place(done)[1] > 44_000


def named(name, **more):
    return {"name": name, **more}


def test_a_pit_seen_in_an_image_beats_two_tables_that_print_other_digits(countries):
    """Kounrad: its own record says "near center of pit as seen on Google Earth"."""
    pit = named("Kounrad", position_error_m=500.0)
    members = members_of(
        ("a:155", "d", 75.135, 47.018889, "arc_second", named("Kounrad")),
        ("b:423", "d", 74.987293, 46.990514, "surveyed", pit),
        ("c:332", "d", 74.987222, 46.989722, "arc_second", named("Kounrad")),
        ("e:1464", "d", 74.75, 47.0, "area", named("Qonyrat (Kounrad)")),
        ("f:10231415", "d", 75.13394, 46.99795, "arc_minute", named("Kounrad")),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[:2] == ((74.987293, 46.990514), 500.0)
    assert list(verdicts(done).values()) == ["outvoted", "chosen", "copy", "coarse", "outvoted"]
    assert "sources_disagree" in place(done)[2]


def test_two_sources_near_each_other_beat_finer_digits_far_away(countries):
    """Zhaman-Aibat: 15 km apart, and 157 km from a point under which a town is filed."""
    members = members_of(
        ("a:1", "d", 68.941, 46.85, "hundredth_degree", named("Zhaman-Aibat")),
        ("b:1", "d", 68.75, 46.833333, "arc_minute", named("Zhaman-Aibat")),
        ("c:1", "d", 67.40092, 47.79797, "arc_second", named("Zhaman-Aybat")),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[0] == (68.941, 46.85)
    assert place(done)[1] == pytest.approx(14_687, abs=20)
    assert verdicts(done)["c:1"] == "outvoted"


def test_what_coincidence_explains_is_no_vote(countries):
    members = members_of(
        ("a:1", "d", 70.0, 45.1, "arc_minute", named("Zharyk")),
        ("b:1", "d", 70.0, 45.2, "arc_minute", named("Zharyk")),
        ("c:1", "d", 70.0, 45.5, "arc_second", named("Zharyk")),  # 3 times as far
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[0] == (70.0, 45.5)
    assert place(done)[1] == pytest.approx(44_450, abs=50)


def test_copies_are_one_witness(countries):
    """A table that repeats another one's digits and name gives no second vote."""
    rows = [
        ("a:1", "d", 70.0, 45.0, "arc_second", named("Zharyk")),
        ("b:1", "d", 70.0, 45.0145, "arc_minute", named("Zharyk copper")),
        ("c:1", "d", 70.0, 45.3, "arc_second", named("Zharyk")),
    ]
    copy = ("e:1", "d", 70.0, 45.0, "arc_second", named("Zharyk mine"))
    for members in (members_of(*rows), members_of(*rows, copy)):
        done = locate(deposits_of(members), members, countries=countries)
        chosen = done.deposits["position_basis"][0]
        assert "a:1, arc second, supported by 1 other" in chosen
    lone = members_of(rows[0], copy, rows[2])
    done = locate(deposits_of(lone), lone, countries=countries)
    assert verdicts(done) == {"a:1": "chosen", "e:1": "copy", "c:1": "counted"}


def test_two_records_of_one_table_are_one_hand(countries):
    """Kempirsai: MRDS has it twice, 2.5 km apart, and 30 km from the seconds of another table."""
    rows = [
        ("a:1", "d", 70.0, 45.0, "arc_second", named("Zharyk")),
        ("m:1", "d", 70.0, 45.27, "arc_minute", named("Zharyk")),
        ("m:2", "d", 70.03, 45.28, "arc_minute", named("Zharyk")),
    ]
    done = locate(deposits_of(members_of(*rows)), members_of(*rows), countries=countries)
    assert verdicts(done) == {"a:1": "chosen", "m:1": "counted", "m:2": "counted"}
    rows[2] = ("n:2", *rows[2][1:])
    done = locate(deposits_of(members_of(*rows)), members_of(*rows), countries=countries)
    assert verdicts(done) == {"a:1": "outvoted", "m:1": "chosen", "n:2": "counted"}


def test_a_rounded_copy_does_not_support_what_its_original_contradicts(countries):
    """Verkhnee Espe: 48.1, 81.45 stands once in minutes and once, copied, in tenths."""
    members = members_of(
        ("a:1", "d", 70.45, 45.1, "tenth_degree", named("Verkhnee Espe")),
        ("b:1", "d", 70.45, 45.1, "arc_minute", named("Verkhnee Espe")),
        ("c:1", "d", 70.45, 45.18333, "arc_minute", named("Verkhnee Espe")),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[0] == (70.45, 45.1)
    assert place(done)[1] == pytest.approx(9_262, abs=5)


def test_what_a_source_calls_approximate_still_counts(countries):
    guess = named("Almaly ore field", position_error_m=20_000.0)
    members = members_of(
        ("a:1", "d", 70.0, 45.0, "approximate", guess),
        ("b:1", "d", 70.0, 45.15, "arc_minute", named("Almaly")),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert verdicts(done) == {"a:1": "counted", "b:1": "chosen"}
    assert place(done)[1] == pytest.approx(16_670, abs=20)


@pytest.mark.parametrize(
    ("class_", "km", "verdict"),
    [
        ("half_degree", 96.0, "coarse"),  # Muruntau: 41.00001, 65.5
        ("degree", 200.0, "coarse"),
        ("area", 18.0, "coarse"),  # within its own error
        ("area", 40.0, "counted"),  # a filing point or a quarter of a degree may be right
        ("named_place", 40.0, "counted"),
    ],
)
def test_a_guess_says_nothing_against_a_finer_position(countries, class_, km, verdict):
    members = members_of(
        ("a:1", "d", 70.0, 45.0, class_, named("Zharyk")),
        ("b:1", "d", 70.0, 45.0 + km / 111.14, "arc_minute", named("Zharyk")),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert verdicts(done) == {"a:1": verdict, "b:1": "chosen"}
    assert place(done)[1] == pytest.approx(2_000 if verdict == "coarse" else 40_000, abs=50)
    assert ("sources_disagree" in place(done)[2]) == (km > 30.0)


@pytest.mark.parametrize("error_m", [0.0, 30.0, 499.0])
def test_the_error_of_a_survey_is_kept(countries, error_m):
    more = named("Zharyk", position_error_m=error_m)
    members = members_of(
        ("a:1", "d", 70.0, 45.0, "arc_second", named("Zharyk")),
        ("b:1", "d", 70.02, 45.0, "surveyed", more),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[:2] == ((70.02, 45.0), error_m)
    assert verdicts(done)["a:1"] == "coarse"


def test_a_distrusted_position_does_not_count(countries):
    members = members_of(
        ("a:1", "d", 70.0, 45.0, "arc_minute"),
        ("b:1", "d", 70.0, 45.4, "arc_second", {"caveat": "do not use"}),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[0] == (70.0, 45.0) and place(done)[1] == 2_000.0
    assert verdicts(done)["b:1"] == "distrusted"


def test_a_position_in_another_country_comes_after_one_that_is_not(countries):
    words = {"country_reported": "Kazakhstan"}
    members = members_of(
        ("a:1", "d", 75.0, 42.5, "arc_second", words), ("b:1", "d", 75.0, 43.5, "arc_minute", words)
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done)[0] == (75.0, 43.5)
    assert place(done)[2] == "wrong_country;sources_disagree"
    assert verdicts(done)["a:1"] == "elsewhere"


def test_a_filing_centroid_is_a_named_place(countries):
    members = members_of(
        *(
            (f"m:{i}", f"d{i}", 75.5, 44.5, "arc_second", {"name": name})
            for i, name in enumerate(("Aktyuz", "Kutessay II", "Kalesay"))
        ),
        ("a:1", "d0", 75.6, 44.55, "arc_minute", {"name": "Aktyuz"}),
    )
    done = locate(deposits_of(members), members, countries=countries)
    assert place(done, "d0")[0] == (75.6, 44.55)
    assert place(done, "d1")[1:] == (20_000.0, "filing_centroid")
    assert set(done.audit.loc[done.audit["flag"] == "filing_centroid", "id"]) == {"d0", "d1", "d2"}


def test_published_distances_refute_and_choose(countries):
    members = members_of(
        ("a:1", "d", 70.0, 45.5, "arc_second"), ("b:1", "d", 70.0, 45.1, "tenth_degree")
    )
    published = pd.DataFrame([distance("b:1", 20.0, 70.0, 45.0)])  # any record may be named
    done = locate(deposits_of(members), members, countries=countries, published=published)
    assert place(done)[0] == (70.0, 45.1)
    assert verdicts(done) == {"a:1": "refuted", "b:1": "chosen"}
    row = done.audit.iloc[0]
    assert row["flag"] == "contradicts_published_distances"
    assert row["distance_km"] == pytest.approx(55.57 - 21.5, abs=0.05)
    assert row["sources"] == "a:1;p:20.0" and "20 km by road from Town [a paper]" in row["evidence"]
    assert row.geometry.equals(shapely.Point(70.0, 45.5))
    assert done.areas["kind"].tolist() == ["feasible"]


def test_within_its_own_error_a_position_is_not_refuted(countries):
    members = members_of(("a:1", "d", 70.0, 45.25, "tenth_degree"))
    published = pd.DataFrame([distance("d", 20.0, 70.0, 45.0)])
    done = locate(deposits_of(members), members, countries=countries, published=published)
    assert done.positions["outside_area_km"][0] == pytest.approx(6.3, abs=0.1)
    assert place(done)[2] == "rounded"


def test_if_all_are_refuted_the_nearest_is_chosen_and_its_distance_is_the_error(countries):
    members = members_of(
        ("a:1", "d", 70.0, 46.0, "arc_second"), ("b:1", "d", 70.0, 45.6, "arc_minute")
    )
    published = pd.DataFrame([distance("d", 20.0, 70.0, 45.0)])
    done = locate(deposits_of(members), members, countries=countries, published=published)
    assert place(done)[0] == (70.0, 45.6)
    assert place(done)[1] == pytest.approx(45_170, abs=100)
    assert "the distance to the area" in done.deposits["position_basis"][0]


def test_distances_that_no_place_satisfies_are_all_kept_and_named(countries):
    members = members_of(("a:1", "d", 70.0, 45.0, "arc_second"), ("a:2", "e", None, None, "none"))
    published = pd.DataFrame(
        [distance(d, 20.0, x, 45.0, id=f"p:{d}{x}") for d in "de" for x in (70.0, 72.0)]
    )
    done = locate(deposits_of(members), members, countries=countries, published=published)
    assert done.areas["kind"].tolist() == ["contradicting"] * 4
    assert done.areas.geometry.is_valid.all() and not done.areas.geometry.is_empty.any()
    flags = dict(zip(done.audit["id"], done.audit["flag"], strict=True))
    assert flags == {"d": "contradicts_published_distances", "e": "no_position"}
    assert done.audit["evidence"].str.contains("no place satisfies together").all()
    assert place(done)[:2] == ((70.0, 45.0), 500.0)


def test_without_a_position_the_words_and_the_country_are_kept(countries):
    members = members_of(("a:1", "d", None, None, "none"), ("a:2", "e", None, None, "none"))
    deposits = deposits_of(members, admin_area=["Kostanay region", None], country=["KAZ", None])
    done = locate(deposits, members, countries=countries)
    areas = done.areas[["deposit", "kind", "evidence"]].values.tolist()
    assert areas == [["d", "admin_area", "Kostanay region"], ["d", "country", "KAZ"]]
    assert done.areas.geometry.notna().tolist() == [False, True]
    assert done.deposits["position_flags"].tolist() == ["no_position", "no_position"]
    assert done.deposits["position_error_m"].isna().all() and done.deposits.geometry.isna().all()
    assert done.deposits["precision_class"].tolist() == ["none", "none"]
    assert done.audit["evidence"].tolist() == [
        "known instead: Kostanay region",
        "known instead: nothing but the country",
    ]


def test_a_deposit_without_a_position_in_a_country_elsewhere_is_not_audited(countries):
    members = members_of(*((f"a:{i}", d, None, None, "none") for i, d in enumerate("def")))
    deposits = deposits_of(
        members, country=[None, None, "KAZ"], country_reported=["Brazil", "Atlantis", "Kazakhstan"]
    )
    assert locate(deposits, members, countries=countries).audit["id"].tolist() == ["e", "f"]


def test_a_distance_that_cannot_be_used_is_listed(countries):
    members = members_of(("a:1", "d", 70.0, 45.0, "arc_second"))
    published = pd.DataFrame(
        [
            distance("d", 48.0, np.nan, np.nan, "rail", from_place=None),
            distance(None, 25.0, 70, 45),
            distance("gone:1", 9.0, 70, 45),
        ]
    )
    done = locate(deposits_of(members), members, countries=countries, published=published)
    assert done.areas["kind"].tolist() == ["not_used"] * 3
    assert done.areas["evidence"][0].startswith("48 km (rail) from a place not named: no source")
    assert done.areas["evidence"][2].endswith("the deposit is not among the records")
    assert done.audit.empty and list(done.audit.columns)[-1] == "geometry"


def test_a_swapped_position_is_corrected_only_if_there_is_no_other(countries):
    words = {"country_reported": "Kazakhstan"}
    alone = members_of(("a:1", "d", 51.71, 60.73, "arc_second", words))
    wide = countries.assign(geometry=[shapely.box(50, 43, 85, 54), shapely.box(69, 39, 81, 43)])
    done = locate(deposits_of(alone), alone, countries=wide)
    assert place(done)[0] == (60.73, 51.71)
    assert "corrected here" in done.deposits["position_basis"][0]
    both = pd.concat([alone, members_of(("b:1", "d", 60.83, 51.99, "area", words))])
    done = locate(deposits_of(both), both, countries=wide)
    assert place(done)[0] == (60.83, 51.99)
    assert place(done)[2] == "swapped_coordinates;rounded"
    assert done.audit.geometry[0].equals(shapely.Point(51.71, 60.73))


def test_the_audit_is_sorted_by_flag_then_distance_then_id(countries):
    rows = []
    for lon, name, step in ((70.0, "c", 0.2), (71.0, "a", 0.4), (72.0, "b", 0.2)):
        rows += [
            (f"x:{name}", name, lon, 45.0, "arc_second"),
            (f"y:{name}", name, lon, 45.0 + step, "arc_second"),
        ]
    rows.append(("z:1", "z", 71.0, 46.0, "area"))
    members = members_of(*rows)
    audit = locate(deposits_of(members), members, countries=countries).audit
    assert audit["id"].tolist() == ["a", "b", "c", "z"]
    ranks = audit["flag"].map(FLAGS.index)
    assert ranks.is_monotonic_increasing


def test_the_input_is_not_changed_and_the_index_stays(countries):
    members = members_of(("a:1", "d", 70.0, 45.0, "arc_second"), ("a:2", "e", 71.0, 45.0, "area"))
    deposits = deposits_of(members).set_index(pd.Index([7, 9]))
    before = deposits.copy(), members.copy()
    done = locate(deposits, members, countries=countries)
    pd.testing.assert_frame_equal(deposits, before[0])
    pd.testing.assert_frame_equal(members, before[1])
    assert done.deposits.index.tolist() == [7, 9]
    assert done.deposits.crs.to_epsg() == 4326


def test_a_record_of_no_deposit_is_refused_and_a_deposit_without_record_stands_alone(countries):
    members = members_of(("a:1", "d", 70.0, 45.0, "arc_second"))
    deposits = deposits_of(members).assign(
        precision_class="arc_second", position_error_m=500.0, source_id="a"
    )
    with pytest.raises(SchemaError, match="record a:1 belongs to gone"):
        locate(deposits, members.assign(deposit="gone"), countries=countries)
    done = locate(deposits, members.iloc[:0], countries=countries)
    assert place(done) == ((70.0, 45.0), 500.0, "")


@pytest.mark.slow
def test_two_thousand_deposits_take_seconds(countries):
    rng = np.random.default_rng(7)
    rows = [
        (f"s{k}:{i}", f"d{i}", 61.0 + 20.0 * rng.random(), 44.0 + 9.0 * rng.random(), "arc_minute")
        for i in range(2_000)
        for k in range(3)
    ]
    members = members_of(*rows)
    published = pd.DataFrame([distance(f"d{i}", 100.0, 70.0, 48.0, id=f"p:{i}") for i in range(50)])
    deposits = deposits_of(members)
    start = time.process_time()
    done = locate(deposits, members, countries=countries, published=published)
    assert time.process_time() - start < 20.0
    assert len(done.positions) == 6_000
    again = locate(deposits, members, countries=countries, published=published)
    pd.testing.assert_frame_equal(done.audit, again.audit)


MARKUP = "<img src=x onerror=alert(1)>"


def test_an_audit_shows_its_worst_flags_and_how_many_there_are():
    at = shapely.Point(70, 48)
    audit = gpd.GeoDataFrame(
        {
            "id": ["x:1", "x:1", "x:2"],
            "name": [MARKUP, MARKUP, "B"],
            "country": "KAZ",
            "flag": ["wrong_country", "rounded", "rounded"],
            "distance_km": [12.0, None, None],
            "evidence": "because",
        },
        geometry=[at] * 3,
        crs=4326,
    )
    located = Located(
        deposits=gpd.GeoDataFrame({"id": ["x:1", "x:2", "x:3"]}, geometry=[at] * 3, crs=4326),
        audit=audit,
        areas=audit.iloc[:0],
        positions=audit.iloc[:0],
    )
    html = located._repr_html_()
    assert "2 of 3 deposits are flagged; the 3 worst of 3 flags" in html
    assert "2 deposits flagged" in repr(located) and "\n" not in repr(located)
    assert html.count("<td>rounded</td>") == 2
    assert "<td>unknown</td>" in html
    assert "<img" not in html and "&lt;img" in html

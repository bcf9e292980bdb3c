"""The audit of positions: what has to come out, on the starter data and on fetched sources."""

import csv
import json

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.deposits import FLAGS, Located
from geo_ree.deposits.distances import PublishedDistance, allowed_area, distance_to_area_km
from geo_ree.deposits.positions import add_positions
from geo_ree.errors import SettingsError
from geo_ree.pipeline.auditing import audit_deposits, write_audit
from geo_ree.settings import Options, Settings

KAIRAKTY = "usgs_major_deposits:1485"


@pytest.fixture(scope="module")
def located(tmp_path_factory):
    settings = Settings(data_root=tmp_path_factory.mktemp("none"))
    return audit_deposits(settings, Options())


def owner(located, record):
    """Id of the deposit that a record is of."""
    of = dict(zip(located.positions["record"], located.positions["deposit"], strict=True))
    return of.get(record, record)


def deposit(located, record):
    return located.deposits.set_index("id").loc[owner(located, record)]


def finding(located, record, flag):
    name = owner(located, record)
    rows = located.audit[(located.audit["id"] == name) & (located.audit["flag"] == flag)]
    assert len(rows) == 1
    return rows.iloc[0]


def position(located, record):
    return located.positions.set_index("record").loc[record]


def test_the_public_names_are_there(located):
    assert isinstance(located, Located)
    for frame in (located.audit, located.areas, located.deposits):
        assert isinstance(frame, gpd.GeoDataFrame) and frame.crs.to_epsg() == 4326
    assert list(located.audit.columns) == [
        "id",
        "name",
        "aliases",
        "country",
        "flag",
        "distance_km",
        "evidence",
        "sources",
        "geometry",
    ]
    assert set(located.audit["flag"]) <= set(FLAGS)


def test_kutessay_ii_keeps_the_position_of_pp1802(located):
    name = "starter_deposits:kutessay-ii"
    row = deposit(located, name)
    assert (row.geometry.y, row.geometry.x) == (42.8611, 76.1197)
    assert row["position_flags"] == "sources_disagree"
    assert row["position_error_m"] == pytest.approx(1_852, abs=1)
    found = finding(located, name, "sources_disagree")
    assert 21.5 < found["distance_km"] < 24.5
    assert "PP1802" in found["evidence"] and "OFR 02-189" in found["evidence"]


def test_khanneshin_of_ofr_2005_1294_is_outvoted_46_km_off(located):
    name = "starter_deposits:khanneshin"
    off = position(located, "usgs_major_deposits:14")
    assert off["verdict"] == "outvoted"
    assert off["from_chosen_km"] == pytest.approx(46.3, abs=0.2)
    row = deposit(located, name)
    assert row.geometry.y == 30.451 and row["position_error_m"] < 2_100
    found = finding(located, name, "sources_disagree")
    assert found["distance_km"] == pytest.approx(46.3, abs=0.2)
    assert "usgs_major_deposits:14 46.3 km (outvoted)" in found["evidence"]


def test_upper_kairakty_is_where_its_owners_distances_allow(located):
    row = deposit(located, KAIRAKTY)
    assert row.geometry.y == pytest.approx(48.6486, abs=1e-4)
    assert row.geometry.x == pytest.approx(73.2167, abs=1e-4)
    assert row["position_flags"] == "contradicts_published_distances;sources_disagree"
    for number, least in ((1, 25.0), (2, 15.0), (3, 20.0)):
        one = position(located, f"starter_positions:upper-kairakty-{number}")
        assert one["verdict"] == "refuted" and one["outside_area_km"] > least
    assert position(located, KAIRAKTY)["outside_area_km"] == 0.0
    found = finding(located, KAIRAKTY, "contradicts_published_distances")
    assert "inside it, 1.3 km beyond the printed figure" in found["evidence"]
    for told in (
        "35 km by road from Zharyk",
        "130 km by road from Karaganda",
        "65 km by road from",
    ):
        assert told in found["evidence"]
    area = located.areas.set_index("deposit").loc[owner(located, KAIRAKTY)]
    _, south, _, north = area.geometry.bounds
    assert area["kind"] == "feasible"
    assert south == pytest.approx(48.64, abs=0.025) and north == pytest.approx(48.84, abs=0.025)


def test_the_spread_of_syrymbet_is_carried_as_error(located):
    name = "starter_deposits:syrymbet"
    found = finding(located, name, "sources_disagree")
    apart = located.positions[located.positions["deposit"] == name].set_index("record")
    assert {"starter_deposits:syrymbet", "usgs_major_deposits:1476"} <= set(apart.index)
    between = abs(
        apart.loc["starter_deposits:syrymbet", "from_chosen_km"]
        - apart.loc["usgs_major_deposits:1476", "from_chosen_km"]
    )
    assert between == pytest.approx(19.0, abs=0.1)
    error = deposit(located, name)["position_error_m"]
    assert 19_000 <= error <= 53_000
    assert error == pytest.approx(1_000 * found["distance_km"], abs=1)


def test_known_errors_are_flagged(located):
    assert finding(located, "usgs_major_deposits:1506", "wrong_country")["distance_km"] > 280
    assert finding(located, "usgs_major_deposits:1847", "wrong_country")["distance_km"] < 12
    assert "wrong_country" not in deposit(located, "starter_deposits:dara-i-pioz")["position_flags"]


def test_deposits_without_a_place_have_what_is_known_instead(located):
    areas = located.areas
    akbulak = areas[areas["deposit"] == "starter_deposits:akbulak"].iloc[0]
    assert akbulak["kind"] == "feasible"
    arkalyk = shapely.Point(66.90384, 50.25031)
    middle = akbulak.geometry.centroid
    assert middle.x < arkalyk.x and middle.y < arkalyk.y
    both = areas[areas["deposit"] == "starter_deposits:kuirektykol"]
    assert both["kind"].tolist() == ["contradicting", "contradicting", "admin_area"]
    assert both["evidence"].iloc[2].startswith("Karkaraly district, Karaganda region")
    both = both[both["kind"] == "contradicting"]
    assert not both.geometry.iloc[0].intersects(both.geometry.iloc[1])
    assert both["evidence"].str.contains("no place satisfies together").all()
    talairyk = areas[areas["deposit"] == "starter_deposits:talairyk"]
    assert talairyk["kind"].tolist() == ["admin_area", "country"]
    assert talairyk["evidence"].iloc[0] == "East Kostanay region"
    oblast, country = talairyk.geometry
    assert oblast.intersects(arkalyk) and 10 < country.area / oblast.area < 20
    blank = located.deposits[
        located.deposits.geometry.isna() & (located.deposits["role"] != "none")
    ]
    assert set(blank["id"]) == set(located.audit.loc[located.audit["flag"] == "no_position", "id"])
    assert set(blank["id"]) <= set(areas["deposit"])
    unused = areas[areas["kind"] == "not_used"]
    assert unused["source"].str.endswith(("d03a", "kutessay-ii-1")).all() and len(unused) == 2


def test_a_published_check_holds_for_the_granite_that_is_in_no_table():
    """D03a: Kyrtavylga, 42.80833 N 75.925 E, is 25 km by road from Kemin."""
    published = PublishedDistance(
        id="d03a",
        relation="road",
        distance_km=25,
        place="Kemin",
        longitude=75.69167,
        latitude=42.78611,
    )
    assert distance_to_area_km(75.925, 42.80833, allowed_area(published)) == 0.0


def test_khotgor_and_kutessay_satisfy_what_was_published_of_them(located):
    for name in ("starter_deposits:khotgor", "starter_deposits:kutessay-ii"):
        assert position(located, name)["outside_area_km"] == 0.0


def _audit(*args):
    return CliRunner().invoke(main, ["audit", *(str(a) for a in args)])


def test_the_command_prints_the_worst_first_and_writes_whole_files(tmp_path, located):
    done = _audit("--data", tmp_path / "data", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split("\t") == ["flag", "km", "id", "name", "country", "evidence"]
    assert lines[1].startswith(
        f"contradicts_published_distances\t30.1\t{owner(located, KAIRAKTY)}\t"
    )
    assert len(lines[1]) > 500 and "…" not in lines[1].split("\t")[2]
    assert any("deposits are flagged" in line for line in lines)
    assert any("contradict each other" in line and "Kuirektykol" in line for line in lines)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "audit.csv",
        "audit.geojson",
        "areas.geojson",
    }
    with (tmp_path / "out" / "audit.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [
        "id",
        "name",
        "aliases",
        "country",
        "flag",
        "distance_km",
        "evidence",
        "sources",
    ]
    assert [r["id"] for r in rows] == located.audit["id"].tolist()
    layer = json.loads((tmp_path / "out" / "audit.geojson").read_text(encoding="utf-8"))
    assert len(layer["features"]) == int(located.audit.geometry.notna().sum())
    areas = gpd.read_file(tmp_path / "out" / "areas.geojson")
    assert len(areas) == 7 and areas.geometry.is_valid.all()


def test_on_a_terminal_it_is_a_table_that_cuts_nothing_short(located, monkeypatch, capsys):
    from functools import partial

    from rich.console import Console

    from geo_ree.cli.console import audit

    monkeypatch.setattr(audit, "make_console", partial(Console, force_terminal=True, width=120))
    audit.show_audit(located, {"audit.csv": 1}, "out")
    shown = capsys.readouterr().out
    assert "the worst first" in shown and "…" not in shown
    blank = (located.audit["flag"] == "no_position").sum()
    assert shown.count("no_position") == blank + 1 > 20 and "audit.csv (1 rows)" in shown


def test_the_same_input_gives_the_same_bytes(tmp_path, located):
    again = audit_deposits(Settings(data_root=tmp_path / "none"), Options())
    for number, one in enumerate((located, again)):
        write_audit(one, tmp_path / str(number))
    for name in ("audit.csv", "audit.geojson", "areas.geojson"):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--only", "nothing"), "no source is called 'nothing'"),
        (("--without", "starter_deposits,starter_major_deposits"), "no deposits are left"),
    ],
)
def test_a_wrong_choice_is_one_line_and_status_2(tmp_path, given, words):
    done = _audit("--data", tmp_path, "--out", tmp_path / "out", *given)
    assert done.exit_code == 2
    assert [x for x in done.stderr.splitlines() if x.startswith("geo-ree: ") and words in x]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, located):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(SettingsError):
        write_audit(located, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "a file"


@pytest.mark.slow
def test_without_the_tables_of_evidence_the_audit_still_works(tmp_path):
    options = Options(without=("starter_positions", "starter_published_distances"))
    done = audit_deposits(Settings(data_root=tmp_path), options)
    assert set(done.areas["kind"]) == {"ore_field", "admin_area", "country"}
    assert "contradicts_published_distances" not in set(done.audit["flag"])
    assert position(done, "usgs_major_deposits:14")["from_chosen_km"] == pytest.approx(
        46.3, abs=0.2
    )


def test_positions_of_deposits_that_are_not_there_are_left_out(located):
    import pandas as pd

    members = gpd.GeoDataFrame(
        {
            "record": ["a:1"],
            "deposit": ["a:1"],
            "name": ["Made-up"],
            "country_reported": ["KAZ"],
            "source_id": ["a"],
            "precision_class": ["arc_minute"],
            "position_basis": [None],
        },
        geometry=[shapely.Point(70, 45)],
        crs=4326,
    )
    positions = pd.DataFrame(
        {
            "id": ["p:1", "p:2"],
            "source_id": "p",
            "deposit_id": ["a:1", "gone:1"],
            "latitude": [45.5, 46.0],
            "longitude": [70.5, 71.0],
            "precision_class": "arc_second",
            "caveat": [None, "do not use"],
            "source": "a paper",
        }
    )
    got = add_positions(members, positions)
    assert got["record"].tolist() == ["a:1", "p:1"] and got["deposit"].tolist() == ["a:1", "a:1"]
    assert got.geometry.iloc[1].equals(shapely.Point(70.5, 45.5))
    assert add_positions(members, None)["caveat"].isna().all()


@pytest.mark.mirror
def test_after_a_fetch_the_fetched_records_are_audited(mirror, tmp_path):
    sources = ("usgs_ree", "usgs_major_deposits", "usgs_mrds", "usgs_pp1802")
    got = CliRunner().invoke(
        main, ["fetch", *sources, "--mirror", mirror(), "--data", str(tmp_path)]
    )
    assert got.exit_code == 0, got.output
    done = audit_deposits(Settings(data_root=tmp_path), Options())
    off = position(done, "usgs_ree:211")
    assert off["deposit"] == "starter_deposits:kutessay-ii"
    assert off["from_chosen_km"] == pytest.approx(21.9, abs=0.1)
    assert off["verdict"] == "outvoted"
    khanneshin = position(done, "usgs_major_deposits:14")
    assert khanneshin["verdict"] == "outvoted"
    assert khanneshin["from_chosen_km"] == pytest.approx(46.3, abs=0.2)
    assert position(done, "usgs_pp1802:1443")["verdict"] == "copy"  # of the chosen one, PP1802's
    chosen = deposit(done, KAIRAKTY)
    assert chosen.geometry.y == pytest.approx(48.6486, abs=1e-3)
    for mrds in ("10055813", "10206986", "10182456", "10215592"):
        one = position(done, f"usgs_mrds:{mrds}")
        assert one["deposit"] == chosen.name and one["verdict"] == "refuted"
        assert one["outside_area_km"] > 15.0
    assert {"filing_centroid", "wrong_country"} <= set(done.audit["flag"])
    assert done.audit["flag"].map(FLAGS.index).is_monotonic_increasing

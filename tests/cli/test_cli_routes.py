"""``geo-ree corridors`` and ``geo-ree access``: what they print, write and refuse."""

import re

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.cli.console.route_tables import access_sentence
from geo_ree.routing.ranges import UNIT_COSTS
from geo_ree.routing.route_answers import DEFAULT_QUESTION

QUICK = ("--draws", "50")


def call(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


def refused(*args):
    """The one line of an error."""
    done = call(*args)
    assert done.exit_code == 2, done.output
    (line,) = [row for row in done.stderr.splitlines() if row.startswith(("geo-ree:", "Error:"))]
    return line


@pytest.fixture
def data(tmp_path, lent_run):
    return ("--data", tmp_path / "data")


def test_without_names_the_cheapest_route_of_each_deposit_answers_both_questions(data, starter_run):
    done = call("corridors", *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert done.stdout.index("Through any country") < done.stdout.index("Not through China")
    assert max(map(len, re.findall(r"^ .*$", done.stdout, re.MULTILINE))) <= 100
    ranked = starter_run.result.table
    ranked = ranked[ranked["role"].isin(("candidate", "by_product_host"))]
    for name in ranked["name"]:
        assert str(name).split()[0] in done.stdout
    lines = [row for row in done.stdout.splitlines() if row.startswith("Without China, Russia")]
    assert len(lines) == 1 and "Mongolia" in lines[0]
    assert "no way: " in done.stdout


def test_a_named_deposit_shows_all_its_corridors_and_how_they_go(data):
    done = call("corridors", "kutessay ii", "--avoid", "RUS,CHN", "--avoid", "IRN", *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert "Through any country" not in done.stdout
    table = [row for row in done.stdout.splitlines() if row.startswith(" Kutessay II")]
    assert len(table) > 1
    courses = [row for row in done.stdout.splitlines() if re.match(r"\w+: KGZ > KAZ", row)]
    assert len(courses) == len(table)
    assert not re.search("CHN|RUS|IRN", " ".join(courses))


def test_routes_are_written_as_csv_and_geopackage(data, tmp_path):
    out = tmp_path / "routes"
    done = call("corridors", "Kutessay II", "--out", out, *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in out.iterdir()) == ["corridors.csv", "corridors.gpkg"]
    written = pd.read_csv(out / "corridors.csv")
    assert set(written["question"]) == {"any", DEFAULT_QUESTION}
    assert not [name for name in written if name.endswith(("_line", "_points"))]
    drawn = gpd.read_file(out / "corridors.gpkg", layer="corridors")
    assert drawn["corridor"].tolist() == written["corridor"].tolist()
    assert drawn.geometry[drawn["port"] != ""].notna().all()


def test_access_prints_totals_and_components(data, tmp_path):
    out = tmp_path / "cost"
    done = call("access", *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert max(map(len, re.findall(r"^ .*$", done.stdout, re.MULTILINE))) <= 100
    assert "What access costs" in done.stdout and "border" not in done.stdout
    done = call("access", "Kutessay II", "--treo", "3000", "--out", out, *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert "transhipment" in done.stdout and "1,719 t TREO a year" in done.stdout
    assert "t of ore per t TREO, to mine and mill it" in done.stdout
    assert "with one figure at its P10 and P90, all others at P50: " in done.stdout
    assert sorted(p.name for p in out.iterdir()) == ["access.csv", "access.gpkg", "corridors.csv"]
    written = pd.read_csv(out / "access.csv")
    assert written["component"].tolist()[-1] == "total" and len(written) == 7
    assert {n for n, _ in pyogrio.list_layers(out / "access.gpkg")} == {"access", "corridors"}


def test_two_deposits_are_compared(data):
    done = call("access", "Kutessay II", "Kundybai", *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert re.search(r"is cheaper per t of product than to \w+ .*in \d+ % of draws", done.stdout)


def test_a_product_overrides_what_the_minerals_say(data, tmp_path):
    done = call("access", "Kutessay II", "--product", "carbonate", *data, *QUICK)
    assert done.exit_code == 0, done.output
    assert "carbonate" in done.stdout and "concentrate  " not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("corridors", "Kutesay II"),
            "no deposit is called 'Kutesay II'; did you mean Kutessay II",
        ),
        (("access", "Kutesay II"), "no deposit is called 'Kutesay II'; did you mean Kutessay II"),
        (("corridors", "--avoid", "CHM"), "'CHM'"),
        (("corridors", "--to", "Pooti"), "did you mean Poti?"),
        (("corridors", "--via", "Aktao"), "did you mean Aktau"),
        (("corridors", "--corridors", "none.csv"), "none.csv"),
        (("corridors", "--costs", "none.csv"), "none.csv"),
        (("access", "--costs", "none.csv"), "none.csv"),
        (("access", "--treo", "-5"), "--treo"),
        (("access", "--recovery", "1.5"), "--recovery"),
        (("access", "--life", "0"), "--life"),
        (("access", "--discount", "-0.1"), "--discount"),
        (("access", "--product", "metal"), "--product"),
        (("corridors", "--check", "none.csv"), "none.csv"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused_in_a_line(data, tmp_path, words, said):
    out = tmp_path / "routes"
    assert said in refused(*words, "--out", out, *data, *QUICK)
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize("command", ["corridors", "access"])
def test_costs_whose_interval_does_not_ascend_are_refused(data, tmp_path, command):
    costs = pd.read_csv(UNIT_COSTS, dtype=str).query("name == 'rail'")
    path = tmp_path / "costs.csv"
    costs.assign(p10="9", p50="5", p90="7").to_csv(path, index=False)
    said = refused(command, "--costs", path, "--out", tmp_path / "routes", *data, *QUICK)
    assert "costs.csv row 2 (rail): P10 9, P50 5 and P90 7 do not ascend" in said
    assert not (tmp_path / "routes").exists()


def test_dearer_rail_makes_routes_dearer(data, tmp_path):
    costs = pd.read_csv(UNIT_COSTS, dtype=str).query("name == 'rail'")
    path = tmp_path / "costs.csv"
    costs.assign(p10="40", p50="50", p90="60").to_csv(path, index=False)
    cheapest = []
    for more in ((), ("--costs", path)):
        out = tmp_path / f"out{len(more)}"
        done = call(
            "corridors", "Kutessay II", "--avoid", "CHN", "--out", out, *more, *data, *QUICK
        )
        assert done.exit_code == 0, done.output
        cheapest.append(pd.read_csv(out / "corridors.csv")["usd_t_p50"].min())
    assert cheapest[1] > 2 * cheapest[0]


def test_the_sentence_of_access_counts_what_is_unknown():
    rows = pd.DataFrame(
        {
            "deposit_id": ["a", "b", "c", "a"],
            "component": ["total", "total", "total", "road"],
            "usd_t_treo_p50": [900.0, 2500.0, None, 5.0],
            "share_pct_p50": [6.0, 14.0, None, None],
        }
    )
    assert access_sentence(rows) == (
        "Access costs 900 to 2,500 USD per t TREO (P50), 6 to 14 % of the payable value; "
        "for 1 of 3 deposits it is unknown."
    )
    mined = rows.assign(mining_usd_t_treo_p50=[32_000.0, 9000.0, 5000.0, None])
    assert "; mining and milling cost 9,000 to 32,000 beside it; for 1 of 3" in access_sentence(
        mined
    )
    blank = rows.assign(usd_t_treo_p50=float("nan"))
    assert access_sentence(blank).endswith("is unknown for all deposits (3).")

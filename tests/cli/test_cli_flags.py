"""``geo-ree flags``: what it prints, by which rules, and what it refuses."""

import csv
import io
import json
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.flagging.flag_rules import RULES, SEVERITIES
from geo_ree.schema.columns import output_columns


def call(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture
def data(tmp_path, lent_run):
    return ("--data", tmp_path / "data")


def test_without_names_each_candidate_and_host_is_counted(data, starter_run):
    done = call("flags", *data)
    assert done.exit_code == 0, done.output
    assert max(map(len, re.findall(r"^ .*$", done.stdout, re.MULTILINE))) <= 100
    result = starter_run.result
    for table in (result.table, result.unranked):
        for name in table[table["role"].isin(("candidate", "by_product_host"))]["name"]:
            assert str(name).split()[0] in done.stdout
    assert "never part of it" in done.stdout


def test_a_named_deposit_shows_each_fact_and_what_is_not_known(data):
    done = call("flags", "kutessay ii", "Akbulak", *data)
    assert done.exit_code == 0, done.output
    text = " ".join(done.stdout.split())
    assert "stop" in text and "Chon-Kemin" in text and "2024-03-15" in text
    assert "No source gives it a coordinate" in text
    assert "not known: " in text and "Kundybai" not in text


def test_csv_and_json_have_the_columns_of_the_table(data):
    columns = [c.name for c in output_columns("flags")]
    done = call("flags", "Kutessay II", "--format", "csv", *data)
    table = pd.read_csv(io.StringIO(done.stdout))
    assert table.columns.tolist() == columns
    assert table["deposit_id"].unique().tolist() == ["starter_deposits:kutessay-ii"]
    order = [SEVERITIES.index(s) for s in table["severity"]]
    assert order == sorted(order)
    rows = json.loads(call("flags", "Kutessay II", "--format", "json", *data).stdout)
    assert [list(row) for row in rows] == [columns] * len(table)


def test_rules_of_your_own_replace_those_of_the_package(data, tmp_path):
    path = tmp_path / "mine.csv"
    with RULES.open(encoding="utf-8") as lines:
        rows = [
            {**row, "limit": "100"}
            for row in csv.DictReader(lines)
            if row["flag"] == "high_altitude"
        ]
    pd.DataFrame(rows).to_csv(path, index=False)
    done = call("flags", "--rules", path, "--format", "csv", *data)
    table = pd.read_csv(io.StringIO(done.stdout))
    assert set(table["flag"]) <= {"high_altitude", "not_measured"}
    assert "starter_deposits:kundybai" in set(table["deposit_id"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Kutesay II",), "no deposit is called 'Kutesay II'; did you mean Kutessay II"),
        (("--rules", "none.csv"), "none.csv cannot be read"),
        (("--format", "xml"), "--format"),
    ],
)
def test_what_is_unknown_is_refused_in_a_line(data, words, said):
    done = call("flags", *words, *data)
    assert done.exit_code == 2, done.output
    (line,) = [row for row in done.stderr.splitlines() if row.startswith(("geo-ree:", "Error:"))]
    assert said in line

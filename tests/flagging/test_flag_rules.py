"""The rules of flags are data: each has a limit, a reason and a source, and a wrong row is refused."""

import csv
import re

import pytest

from geo_ree.errors import SettingsError
from geo_ree.flagging.flag_rules import COLUMNS, RULES, read_rules


def rows():
    with RULES.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def written(tmp_path, **changed):
    path = tmp_path / "mine.csv"
    row = {**next(r for r in rows() if r["flag"] == "high_altitude"), **changed}
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerow(row)
    return path


def test_each_rule_of_the_package_has_a_reason_a_source_and_a_date():
    for rule in read_rules():
        assert rule.reason.endswith("."), rule.flag
        assert rule.source and rule.as_of[:4].isdigit(), rule.flag


def test_a_limit_without_a_published_figure_says_that_it_is_judgement():
    distances = [r for r in read_rules() if r.column.startswith("dist_")]
    assert distances
    for rule in distances:
        named = re.search(r"\b(19|20)\d\d\b", rule.source)
        assert "judgement" in rule.source or named, rule.flag


def test_a_limit_of_your_own_is_taken(tmp_path):
    assert read_rules(written(tmp_path, limit="2000"))[0].limit == "2000"


@pytest.mark.parametrize(
    ("changed", "what", "hint"),
    [
        ({"source": ""}, "there is no source", "fill in the column source"),
        ({"severity": "sever"}, "severity is 'sever'", "use one of stop, caution, note"),
        ({"severity": "unknown"}, "severity is 'unknown'", "use one of stop, caution, note"),
        ({"severity": "cautoin"}, "severity is 'cautoin'", "did you mean caution?"),
        ({"operator": "=>"}, "operator is '=>'", "use one of >, >="),
        ({"limit": "high"}, "limit is 'high'", "give a number after >"),
        ({"limit": ""}, "there is no limit", "fill in the column limit"),
        ({"column": "height_m"}, "no table of a run has the column 'height_m'", "scores.csv"),
        ({"flag": "High altitude"}, "flag is 'High altitude'", "small letters"),
        ({"subject": "Protected area"}, "subject is 'Protected area'", "small letters"),
        ({"only_if": "role"}, "only_if is 'role'", "column=word"),
        ({"operator": "matches", "limit": "("}, "limit is no pattern", "regular expression"),
        ({"operator": "filled"}, "filled takes no limit", "leave the column limit blank"),
        ({"if_blank": ""}, "there is no if_blank", "fill in the column if_blank"),
    ],
)
def test_a_wrong_row_is_refused_with_file_row_and_hint(tmp_path, changed, what, hint):
    path = written(tmp_path, **changed)
    with pytest.raises(SettingsError) as error:
        read_rules(path)
    said = str(error.value)
    assert f"{path} row 2" in said and what in said and hint in said
    assert "\n" not in said


def test_a_file_without_a_column_or_that_is_none_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("flag,limit\nx,1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="has no column layer, column"):
        read_rules(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_rules(tmp_path / "none.csv")


def test_the_rules_of_one_flag_share_their_sentence(tmp_path):
    path = written(tmp_path)
    row = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*row, row[1].replace("above sea level", "up")]), encoding="utf-8")
    with pytest.raises(
        SettingsError, match="row 3 .*an earlier row of the flag says something else"
    ):
        read_rules(path)

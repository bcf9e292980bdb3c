"""Which flags are new, gone or of another severity in the second of two runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from geo_ree.flagging.flag_rules import SEVERITIES
from geo_ree.pipeline.records import Result

FLAG_COLUMNS = (
    *("id", "name", "flag", "change", "severity_before", "severity_after"),
    *("fact_before", "fact_after"),
)

NAMED = 12
"""Flags named in a sentence."""

_WORDS = {"new": "new", "gone": "gone", "severity": "of another severity"}


def list_flag_changes(before: Result, after: Result, matches: pd.DataFrame) -> pd.DataFrame:
    """List the flags that differ between two runs.

    Parameters
    ----------
    before, after
        The runs.
    matches
        From `match_deposits`: what a deposit of the first run is called in the second.

    Returns
    -------
    pandas.DataFrame
        A row a deposit and flag, with `FLAG_COLUMNS`: ``change`` is new, gone or severity, and the
        facts are the worst of the flag in each run. What only became unknown, or known without a
        flag, is new or gone with the severity ``unknown``.
    """
    paired = matches.dropna(subset=["before", "after"])
    second = dict(zip(paired["before"], paired["after"], strict=True))
    old, new = _worst(before), _worst(after)
    old = old.assign(deposit_id=old["deposit_id"].map(lambda i: second.get(i, i)))
    keys = ["deposit_id", "flag"]
    both = old.merge(new, on=keys, how="outer", suffixes=("_before", "_after"))
    was, now = both["severity_before"].notna(), both["severity_after"].notna()
    both["change"] = "severity"
    both.loc[~was, "change"], both.loc[~now, "change"] = "new", "gone"
    both = both[both["severity_before"].ne(both["severity_after"])]
    named = {**_names(before), **_names(after)}
    both = both.rename(columns={"deposit_id": "id"})
    both = both.assign(name=both["id"].map(named))
    both["place"] = _place(both["severity_after"].fillna(both["severity_before"]))
    both = both.sort_values(["place", "name", "flag"], kind="stable", ignore_index=True)
    return pd.DataFrame(both.reindex(columns=list(FLAG_COLUMNS)).astype(object))


def flag_sentences(changes: pd.DataFrame) -> Iterator[str]:
    """Say in one sentence which flags differ; none where none does."""
    if changes.empty:
        return
    counts = [
        f"{len(rows)} {_WORDS[str(change)]}"
        for change, rows in changes.groupby("change", sort=False)
    ]
    listed = [_said(row) for row in changes.head(NAMED).to_dict("records")]
    more = f"; {len(changes) - NAMED} more" if len(changes) > NAMED else ""
    yield f"Flags: {', '.join(counts)}. {'; '.join(listed)}{more}."


def _said(row: dict[Any, Any]) -> str:
    flag = str(row["flag"]).replace("_", " ")
    if row["change"] == "severity":
        return f"{row['name']}: {flag} was {row['severity_before']}, is {row['severity_after']}"
    severity = row["severity_after"] if row["change"] == "new" else row["severity_before"]
    return f"{row['name']}: {flag} is {row['change']} ({severity})"


def _worst(run: Result) -> pd.DataFrame:
    """The row of each deposit and flag with the worst severity."""
    table = run.tables["flags"][["deposit_id", "flag", "severity", "fact"]].astype(object)
    table = table.sort_values("severity", key=_place, kind="stable")
    return pd.DataFrame(table.drop_duplicates(["deposit_id", "flag"]))


def _names(run: Result) -> dict[object, object]:
    frames = [run.tables[name][["id", "name"]] for name in ("scores", "unranked")]
    named = pd.concat([pd.DataFrame(frame) for frame in frames])
    return dict(zip(named["id"], named["name"], strict=True))


def _place(severities: pd.Series) -> pd.Series:
    return severities.map({severity: at for at, severity in enumerate(SEVERITIES)})

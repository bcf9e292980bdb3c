"""The difference of two runs: its tables, its sentences and its files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.outputs.table_files import write_csv
from geo_ree.pipeline.records import Result
from geo_ree.pipeline.report import plain_rows
from geo_ree.schema import RANKED_ROLES
from geo_ree.schema.columns import arrange
from geo_ree.scoring import html_table
from geo_ree.settings import DISCLAIMER
from geo_ree.storage import atomic_files
from geo_ree.studies.differences.flag_changes import flag_sentences, list_flag_changes
from geo_ree.studies.differences.matching import match_deposits
from geo_ree.studies.differences.run_changes import list_changes
from geo_ree.studies.differences.steps import moved_km, trace_steps

FILES = ("diff.csv", "diff_steps.csv", "diff_changes.csv", "diff_flags.csv", "diff.json")

_NAMED = 12
"""Deposits and changes named in the sentences."""

_HELD = ("role", "stage", "rank_in_role", "rank_p5", "rank_p95", "score")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RunDifference:
    """What differs between two runs, and what moved which rank.

    Parameters
    ----------
    before, after
        Ids of the runs.
    table
        A row per deposit ranked in either run: ``id`` and ``id_before``, ``match`` (same, merged,
        split, changed, new or gone), role, stage, rank with its 90 % interval and score of both runs,
        ``score_change``, ``rank_change`` (negative is better), ``moved_km``, ``within_interval``
        (whether the new rank lies in the old interval) and ``main_step``, the step that moved the
        rank most, else the score.
    steps
        A row per deposit and step; see `geo_ree.studies.differences.steps.trace_steps`.
    changes
        What differs between inputs, weights, decays, options and versions.
    flags
        Flags that are new, gone or of another severity; see
        `geo_ree.studies.differences.flag_changes.list_flag_changes`.
    sentences
        The difference in words.
    """

    before: str
    after: str
    table: pd.DataFrame
    steps: pd.DataFrame
    changes: pd.DataFrame
    flags: pd.DataFrame
    sentences: tuple[str, ...]

    @property
    def changed(self) -> pd.DataFrame:
        """Rows of the table whose rank, score or role differs."""
        table = self.table
        same = (table["rank_change"] == 0) & (table["score_change"].abs() < 5e-5)
        same &= table["role_before"] == table["role_after"]
        return table[~same.fillna(False)]

    def __repr__(self) -> str:
        return (
            f"<RunDifference {self.before} to {self.after}: {len(self.changes)} changes, "
            f"{len(self.changed)} of {len(self.table)} deposits differ>"
        )

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(s)}</li>" for s in self.sentences)
        return f"<ul>{items}</ul>" + html_table(self.changed)


def compare(before: Result, after: Result) -> RunDifference:
    """Compare two runs: what moved which rank, and which flags are new, gone or of another severity.

    Parameters
    ----------
    before, after
        From `geo_ree.run`, `geo_ree.score_sites` or a stored run.

    Returns
    -------
    RunDifference

    Notes
    -----
    The first run is turned into the second in steps (positions, each layer, other columns, weights,
    deposits); the change of score and rank after each is its share. The shares add up to the whole
    change, and depend on the order of the steps. Deposits are matched by the records that they are
    made of, so that a new leading record does not hide a deposit.

    Examples
    --------
    >>> from geo_ree import Options, run
    >>> first = run(options=Options(draws=20))
    >>> second = run(options=Options(draws=20, without=("starter_airports",)))
    >>> compare(first, second).sentences[0]
    'No rank of any role differs.'
    """
    tables = before.scores.table, after.scores.table
    matches = match_deposits(*(table.set_index("id")["sources"] for table in tables))
    steps = trace_steps(before, after, matches)
    table = _differences(before, after, matches, steps)
    changes = list_changes(before, after)
    flags = list_flag_changes(before, after, matches)
    return RunDifference(
        before=str(before.report["run_id"]),
        after=str(after.report["run_id"]),
        table=arrange(table, "diff"),
        steps=arrange(steps, "diff_steps"),
        changes=arrange(changes, "diff_changes"),
        flags=arrange(flags, "diff_flags"),
        sentences=(*_sentences(table, steps, changes), *flag_sentences(flags)),
    )


def write_difference(difference: RunDifference, folder: Path, *, page: str = "") -> None:
    """Write `FILES` into a folder, all or none; the folder is created if missing.

    Parameters
    ----------
    difference
        From `compare`.
    folder
        Created if missing.
    page
        HTML that is written as ``map.html`` beside them; nothing when empty.

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    tables = (difference.table, difference.steps, difference.changes, difference.flags)
    report: dict[str, Any] = {
        "disclaimer": DISCLAIMER,
        "before": difference.before,
        "after": difference.after,
        "sentences": list(difference.sentences),
        "changes": plain_rows(difference.changes),
        "changed": plain_rows(difference.changed),
        "steps": plain_rows(difference.steps),
        "flags": plain_rows(difference.flags),
    }
    text = json.dumps(report, indent=2, ensure_ascii=False, default=str)
    with atomic_files(folder) as draft:
        for name, table in zip(FILES, tables, strict=False):
            write_csv(table, draft / name)
        (draft / FILES[-1]).write_text(text + "\n", encoding="utf-8", newline="\n")
        if page:
            (draft / "map.html").write_text(page, encoding="utf-8")


def _differences(
    before: Result, after: Result, matches: pd.DataFrame, steps: pd.DataFrame
) -> pd.DataFrame:
    """A row per deposit ranked in either run."""
    old, new = (
        run.scores.table.reindex(matches[side].fillna("")).reset_index(drop=True)
        for run, side in ((before, "before"), (after, "after"))
    )
    out = pd.DataFrame({"id": matches["after"].fillna(matches["before"])})
    out["id_before"], out["match"] = matches["before"], matches["match"]
    for name in ("name", "country"):
        out[name] = new[name].fillna(old[name])
    for name in _HELD:
        for word, table in (("before", old), ("after", new)):
            out[f"{name.replace('_in_role', '')}_{word}"] = table[name]
    out["score_change"] = new["score"] - old["score"]
    same_role = (old["role"] == new["role"]).fillna(False)
    ranks = new["rank_in_role"] - old["rank_in_role"]
    out["rank_change"] = ranks.where(same_role).astype("Int64")
    both = (old.geometry.notna() & new.geometry.notna()).to_numpy()
    out["moved_km"] = np.nan
    out.loc[both, "moved_km"] = moved_km(old[both], new[both])
    rank, low, high = out["rank_after"], out["rank_p5_before"], out["rank_p95_before"]
    inside = ((rank >= low) & (rank <= high)).astype("boolean")
    out["within_interval"] = inside.where(same_role & low.notna() & rank.notna())
    out["main_step"] = out["id"].map(_main_steps(steps))
    ranked = out["rank_before"].notna() | out["rank_after"].notna()
    order = ["role_after", "rank_after", "role_before", "rank_before"]
    return out[ranked].sort_values(order, kind="stable", ignore_index=True)


def _main_steps(steps: pd.DataFrame) -> pd.Series:
    """The step that moved the rank of each deposit most, else its score."""
    size = steps.assign(ranks=steps["rank_change"].abs(), points=steps["score_change"].abs())
    size = size.sort_values(["ranks", "points"], ascending=False, kind="stable")
    return size.drop_duplicates("id").set_index("id")["step"]


def _sentences(table: pd.DataFrame, steps: pd.DataFrame, changes: pd.DataFrame) -> Iterator[str]:
    moved = table[table["rank_change"].fillna(0) != 0]
    beyond = moved[~moved["within_interval"].fillna(True).astype(bool)]
    if len(moved):
        where = (
            f"{len(beyond)} of them beyond the earlier 90 % interval"
            if len(beyond)
            else ("none beyond the earlier 90 % interval")
        )
        yield f"The rank of {len(moved)} deposits differs, {where}."
    else:
        yield "No rank of any role differs."
    for kind, rows in changes.groupby("kind", sort=False):
        listed = [_change(row) for row in rows.head(_NAMED).to_dict("records")]
        more = f"; {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        yield f"{str(kind).capitalize()}: {'; '.join(listed)}{more}."
    for match, words in (
        ("new", "Only in the second run"),
        ("gone", "Only in the first run"),
        ("merged", "Gained records"),
        ("split", "Lost records"),
    ):
        names = table.loc[table["match"] == match, "name"].astype(str).tolist()
        if names:
            rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            yield f"{words}: {', '.join(names[:_NAMED])}{rest}."
    roles = table[table["match"].ne("new") & table["match"].ne("gone")]
    for row in roles[roles["role_before"] != roles["role_after"]].head(_NAMED).to_dict("records"):
        yield f"{row['name']}: its role was {row['role_before']} and is {row['role_after']}."
    largest = moved.assign(size=moved["rank_change"].abs())
    largest = largest[largest["role_after"].isin(RANKED_ROLES)]
    for row in (
        largest.sort_values("size", ascending=False, kind="stable").head(_NAMED).to_dict("records")
    ):
        yield _moved(row, steps[steps["id"] == row["id"]])


def _change(row: dict[Any, Any]) -> str:
    before, after = row["before"] or "none", row["after"] or "none"
    return f"{row['name']} ({before} -> {after})"


def _moved(row: dict[Any, Any], steps: pd.DataFrame) -> str:
    """``Aktyuz (candidate): rank 2 (1-5) to 4, 41.4 to 33.2 points: railway -8.2 points, +2 ...``."""
    interval = f" ({row['rank_p5_before']:.0f}-{row['rank_p95_before']:.0f})"
    role = str(row["role_after"]).replace("_", " ")
    head = (
        f"{row['name']} ({role}): rank {row['rank_before']}{interval} to {row['rank_after']}, "
        f"{row['score_before']:.1f} to {row['score_after']:.1f} points"
    )
    parts = []
    for step in steps.to_dict("records"):
        what = f" ({step['what']})" if step["what"] else ""
        moved = step["rank_change"]
        ranks = f", {moved:+.0f} rank{'s' if abs(moved) > 1 else ''}" if moved else ""
        parts.append(f"{step['step']} {step['score_change']:+.1f} points{ranks}{what}")
    return f"{head}: {'; '.join(parts)}." if parts else f"{head}."

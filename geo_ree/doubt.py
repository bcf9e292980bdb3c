"""What stands behind the intervals of a run, as tables and as plain rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.analysis import Analysis
from geo_ree.outputs import rounded, write_csv
from geo_ree.proximity.posterior import ALL
from geo_ree.scoring import Influence

DOUBT_FILES = (
    "unranked.csv", "acceptability.csv", "central_weights.csv", "influence.csv", "omission.csv",
)  # fmt: skip

_INFLUENCE = (
    "assumption", "kind", "criterion", "first_order", "total", "total_conf", "weight",
    "weight_needed", "change", "new_leader",
)  # fmt: skip


def write_doubt(analysis: Analysis, unranked: pd.DataFrame, folder: Path) -> None:
    """Write what stands behind the intervals, each as a table of its own.

    Parameters
    ----------
    analysis
        What measuring and scoring gave.
    unranked
        Deposits without a rank, with the range of their scores.
    folder
        An existing folder; the caller moves it into place when all is written.

    Notes
    -----
    ``unranked.csv``: deposits without a coordinate and the range of their scores.
    ``acceptability.csv``: ``id, rank, share``: how often a deposit took a rank; ranks that it never
    took are left out. ``central_weights.csv``: what one has to believe to put a deposit first;
    those that never come first are left out. ``influence.csv``: see `influence_rows`; blank with
    fewer than two candidates. ``omission.csv``: what each source of lines leaves out.
    """
    shares = pd.DataFrame(
        [(deposit, rank, share) for deposit, row in analysis.acceptability.iterrows()
         for rank, share in row.items() if share > 0],
        columns=["id", "rank", "share"])  # fmt: skip
    central = analysis.central_weights.dropna(how="all").rename_axis("id").reset_index()
    rows = influence_rows(analysis.influence) if analysis.influence else []
    moved = pd.DataFrame(rows, columns=list(_INFLUENCE))
    write_csv(rounded(unranked), folder / "unranked.csv")
    write_csv(rounded(shares), folder / "acceptability.csv")
    write_csv(central.round(4), folder / "central_weights.csv")
    write_csv(moved.round(4), folder / "influence.csv")
    write_csv(rounded(analysis.omission), folder / "omission.csv")


def influence_rows(influence: Influence) -> list[dict[str, Any]]:
    """Give the influence of every assumption, and what changes the leader, as plain rows.

    Parameters
    ----------
    influence
        From `geo_ree.scoring.influence`.

    Returns
    -------
    list of dict
        A row per assumption, the strongest first: ``assumption, kind`` (weight | kilometres |
        unknown), ``criterion, first_order, total, total_conf``. Those of a weight tell also
        ``weight``, ``weight_needed`` (the nearest share that changes the leader), ``change`` and
        ``new_leader``. A criterion without weight comes last. None where there is nothing.
    """
    rows: list[dict[str, Any]] = [
        {"assumption": name, **{str(k): v for k, v in row.items()}}
        for name, row in influence.assumptions.iterrows()
    ]
    changes = {
        str(name): {str(k): v for k, v in row.items()}
        for name, row in influence.takeovers.iterrows()
    }
    weighted = {row["criterion"] for row in rows if row["kind"] == "weight"}
    rows += [
        {"assumption": f"weight of {name}", "kind": "weight", "criterion": name}
        for name in changes if name not in weighted
    ]  # fmt: skip
    told = [
        {**row, **(changes[row["criterion"]] if row["kind"] == "weight" else {})} for row in rows
    ]
    return [{name: _plain(row.get(name)) for name in _INFLUENCE} for row in told]


def summarize_doubt(analysis: Analysis) -> dict[str, Any]:
    """Say in short what ``run.json`` tells of influence and omission.

    Returns
    -------
    dict
        ``influence``: the leader, the strongest assumption and the smallest change of one weight
        that changes the leader, None where there is none. ``omission``: for each target the share
        of lines that all sources together leave out, by country, and how it is known.
    """
    told: dict[str, Any] = {"influence": None, "omission": {}}
    if analysis.influence:
        rows = influence_rows(analysis.influence)
        changes = [row for row in rows if row["change"] is not None]
        told["influence"] = {
            "leader": analysis.influence.leader,
            "strongest": {k: rows[0][k] for k in ("assumption", "total", "total_conf")},
            "smallest_change": min(changes, key=lambda row: abs(row["change"]), default=None),
        }
    if "source_id" in analysis.omission:
        together = analysis.omission[analysis.omission["source_id"] == ALL]
        for target, rows_of in together.groupby("target", sort=False):
            told["omission"][str(target)] = {
                row["country"]: {
                    k: _plain(row[k]) for k in ("rate", "rate_low", "rate_high", "basis")
                }
                for _, row in rows_of.iterrows()
            }
    return told


def _plain(value: object) -> object:
    """A value that JSON has: None for what is unknown, numbers to four decimals."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return round(float(value), 4) if isinstance(value, float | np.floating) else value

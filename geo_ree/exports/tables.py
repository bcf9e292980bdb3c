"""CSV: a file for each table, in UTF-8, no cell of which a spreadsheet would run."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geo_ree.exports.bundle import Bundle
from geo_ree.exports.notice import attribution_of, read_me
from geo_ree.outputs import write_csv


def write_tables(bundle: Bundle, folder: Path) -> None:
    """Write ``scores.csv``, ``unranked.csv``, ``resources.csv``, ``sources.csv`` and ``criteria.csv``.

    Parameters
    ----------
    bundle
        What is handed on.
    folder
        An existing folder.

    Notes
    -----
    Each row says which run made it; ``scores``, ``unranked`` and ``resources`` also whom to name, for a
    comment line at the head would stop programs from reading the file. ``read_me.csv`` has the rest.
    """
    named = attribution_of(bundle.sources)
    tables: dict[str, pd.DataFrame] = {
        "scores": bundle.scored.drop(columns="geometry").assign(attribution=named),
        "unranked": bundle.unranked.drop(columns="geometry").assign(attribution=named),
        "resources": bundle.resources.assign(attribution=named),
        "sources": bundle.sources,
        "criteria": bundle.criteria,
        "read_me": pd.DataFrame(read_me(bundle.run, bundle.sources), columns=["about", "text"]),
    }
    for name, table in tables.items():
        write_csv(table.assign(run_id=bundle.run["run_id"]), folder / f"{name}.csv")

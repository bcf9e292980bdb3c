"""What differs between the inputs, options and models of two runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from geo_ree.pipeline.records import Result
from geo_ree.scoring import ScoreModel

CHANGE_COLUMNS = ("kind", "name", "before", "after")

_IGNORED_SETTINGS = ("data_root", "countries")
_KEY = ("id", "table", "layer")

Change = tuple[str, str, str, str]


def list_changes(before: Result, after: Result) -> pd.DataFrame:
    """List what differs between two runs.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (source, weight, decay, option or version), ``name``, ``before`` and ``after`` in
        words; blank where there is none.
    """
    rows = [
        *_sources(before.report["inputs"], after.report["inputs"]),
        *_model(before.scores.model, after.scores.model),
        *_settings(before.report, after.report),
    ]
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS), dtype=object)


def _sources(before: list[Mapping[str, Any]], after: list[Mapping[str, Any]]) -> Iterator[Change]:
    old, new = (
        {tuple(str(i.get(k) or "") for k in _KEY): i for i in run} for run in (before, after)
    )
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if (
            was is None
            or now is None
            or was["sha256"] != now["sha256"]
            or was["rows"] != now["rows"]
        ):
            name = ", ".join(dict.fromkeys(part for part in key if part))
            yield "source", name, _edition(was), _edition(now)


def _edition(table: Mapping[str, Any] | None) -> str:
    """``edition (fetched 2026-01-02): 120 rows``."""
    if table is None:
        return ""
    fetched = f" (fetched {str(table['retrieved'])[:10]})" if table.get("retrieved") else ""
    return f"{table['edition']}{fetched}: {table['rows']:,} rows, checksum {table['sha256'][:8]}"


def _model(before: ScoreModel, after: ScoreModel) -> Iterator[Change]:
    old, new = (_criteria(model) for model in (before, after))
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, ("", "")), new.get(name, ("", ""))
        for kind, a, b in zip(("weight", "decay"), was, now, strict=True):
            if a != b:
                yield kind, name, a, b
    for what in ("aggregate", "variant"):
        a, b = str(getattr(before, what)), str(getattr(after, what))
        if a != b:
            yield "option", f"{what} of the model", a, b


def _criteria(model: ScoreModel) -> dict[str, tuple[str, str]]:
    return {
        c.name: (f"{100 * share:.1f} %", str(c.value))
        for c, share in zip(model.criteria, model.shares, strict=True)
    }


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = before["settings"], after["settings"]
    for name in dict.fromkeys((*old, *new)):
        a, b = (_plain(s.get(name)) for s in (old, new))
        if name not in _IGNORED_SETTINGS and a != b:
            yield "option", name, a, b
    for name in ("version", "schema_version"):
        if before[name] != after[name]:
            yield "version", name, str(before[name]), str(after[name])


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

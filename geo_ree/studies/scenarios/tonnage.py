"""Published quantities of the deposits whose reach a scenario changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from geo_ree.deposits import StatedSum, sum_statements
from geo_ree.errors import ScoreError
from geo_ree.schema import CATEGORY_PARTS, EXPLORED

COLUMNS = (
    "change",
    "substance",
    "system",
    "system_kind",
    "edition",
    "year",
    "category",
    "quantity_t",
    "figure",
    "deposits",
    "statements",
    "basis",
)
"""Columns of the table of tonnes."""

_SYSTEM = ("system", "system_kind", "edition", "year")
_OF_ONE_STATEMENT = (*_SYSTEM, "substance", "source")
_NONE = "no quantity is published in the data: unknown, not zero"


@dataclass(frozen=True)
class _Part:
    """A quantity of one deposit, from one statement or from several that may be added."""

    deposit: str
    category: str
    stated: StatedSum | None
    rows: pd.DataFrame

    def key(self) -> tuple[str, ...]:
        """Fields that have to agree for quantities of several deposits to share a row."""
        first = self.rows.iloc[0]
        return (first["substance"], *(_text(first[c]) for c in _SYSTEM), self.category)


def sum_by_change(change: pd.Series, names: pd.Series, statements: pd.DataFrame) -> pd.DataFrame:
    """Tonnes by change of reach, substance, system and category, with their statements.

    Within a deposit only categories that may be added are summed (`geo_ree.sum_statements`): Measured
    and Indicated, never Inferred with them. Deposits share a row where substance, system, edition,
    year and category agree. The rows must not be added up: statements about one deposit contradict
    each other, and a reserve is part of a resource. Oxide (REO) comes first; a deposit without a
    statement has a row with an unknown quantity.

    `change` maps deposit ids to the change of reach, `names` to names; `statements` are those of
    `geo_ree.deposits.arrange_statements`.
    """
    rows = []
    for what, ids in change.groupby(change, sort=False).groups.items():
        groups: dict[tuple[str, ...], list[_Part]] = {}
        for part in _parts(list(ids), names, statements):
            groups.setdefault(part.key(), []).append(part)
        rows += [_row(str(what), key, parts) for key, parts in groups.items()]
        rows += [
            {"change": what, "substance": "unknown", "deposits": names[i], "basis": _NONE}
            for i in ids
            if not len(statements) or not (statements["deposit_id"] == i).any()
        ]
    out = pd.DataFrame(rows, columns=list(COLUMNS))
    order = {"oxide": 0, "metal": 1, "ore": 2, "unclear": 3, "unknown": 4}
    rank = out["substance"].map(order)
    out["quantity_t"] = out["quantity_t"].astype("float64")
    return (
        out.assign(rank=rank)
        .sort_values("rank", kind="stable")
        .drop(columns="rank")
        .reset_index(drop=True)
    )


def _parts(ids: list[str], names: pd.Series, statements: pd.DataFrame) -> Iterator[_Part]:
    for deposit in ids:
        if not len(statements):
            return
        own = statements[statements["deposit_id"] == deposit]
        keys = [own[c].map(_text) for c in _OF_ONE_STATEMENT]
        for _, rows in own.groupby(keys, sort=False):
            yield from _addable(str(names[deposit]), rows)


def _addable(deposit: str, rows: pd.DataFrame) -> Iterator[_Part]:
    """Split the statements of one publication into those that may be added, and the others."""
    left = rows
    for together in EXPLORED:
        parts = left["category_class"].map(lambda c: set(CATEGORY_PARTS.get(c, ())))
        chosen = left[[bool(p) and p <= together for p in parts]]
        if len(chosen) < 2:
            continue
        try:
            stated = sum_statements(chosen)
        except ScoreError:
            continue  # a category is counted twice, or one has no quantity: list each by itself
        yield _Part(deposit, " + ".join(chosen["category"]), stated, chosen)
        left = left.drop(index=chosen.index)
    for i in range(len(left)):
        one = left.iloc[i : i + 1]
        known = pd.notna(one["quantity_t"].iloc[0])
        category = _text(one["category"].iloc[0])
        yield _Part(deposit, category, sum_statements(one) if known else None, one)


def _row(change: str, key: tuple[str, ...], parts: list[_Part]) -> dict[str, object]:
    shared = dict(zip(("substance", *_SYSTEM, "category"), key, strict=True))
    known = [p.stated for p in parts if p.stated is not None]
    several = len(parts) > 1
    ids = [i for p in parts for i in p.rows["id"]]
    words: Mapping[str, str] = {
        p.deposit: p.stated.basis if p.stated else "no quantity stated" for p in parts
    }
    whole = len(known) == len(parts)
    return {
        "change": change,
        **shared,
        "quantity_t": sum(s.quantity_t for s in known) if whole else None,
        "figure": known[0].figure if whole and not several else "computed" if whole else "unknown",
        "deposits": "; ".join(p.deposit for p in parts),
        "statements": "; ".join(ids),
        "basis": "; ".join(f"{d}: {b}" for d, b in words.items())
        if several
        else next(iter(words.values())),
    }


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]

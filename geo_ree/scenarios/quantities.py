"""What published statements say of the deposits that a scenario brings to a railway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from geo_ree.errors import ScoreError
from geo_ree.harmonize import StatedSum, sum_statements
from geo_ree.schema import CATEGORY_PARTS, EXPLORED

COLUMNS = (
    "change", "substance", "system", "system_kind", "edition", "year", "category",
    "quantity_t", "figure", "deposits", "statements", "basis",
)  # fmt: skip
"""Columns of the table of tonnes."""

_SYSTEM = ("system", "system_kind", "edition", "year")
_OF_ONE_STATEMENT = (*_SYSTEM, "substance", "source")
_NONE = "no statement of quantity is published in the data: unknown, not zero"


@dataclass(frozen=True)
class _Part:
    """A quantity of one deposit: what one statement says, or several that are given together."""

    deposit: str
    category: str
    stated: StatedSum | None
    rows: pd.DataFrame

    def key(self) -> tuple[str, ...]:
        """What has to be the same for quantities of several deposits to stand in one row."""
        first = self.rows.iloc[0]
        return (first["substance"], *(_text(first[c]) for c in _SYSTEM), self.category)


def tonnes_of(change: pd.Series, names: pd.Series, statements: pd.DataFrame) -> pd.DataFrame:
    """Tonnes by substance, system and category, with the statements that they come from.

    Within a deposit only what its system gives together is added (`sum_statements`): Measured and
    Indicated, never Inferred with them. Quantities of several deposits stand in one row where
    substance, system, edition, year and category are the same. The rows are never to be added
    up: statements about one deposit contradict each other, and a reserve is part of a resource.

    Parameters
    ----------
    change
        Deposit id -> what the scenario does to it.
    names
        Deposit id -> name.
    statements
        As `geo_ree.harmonize.arrange_statements` gives them.

    Returns
    -------
    pandas.DataFrame
        With `COLUMNS`. Oxide comes first: that alone is REO. A deposit without a statement has a
        row of its own, its quantity unknown.

    Examples
    --------
    >>> base = {"deposit_id": "d", "substance": "oxide", "system": "JORC 2012", "year": 2020,
    ...         "system_kind": "reporting_code", "edition": "2012", "source": "a report"}
    >>> stated = pd.DataFrame([
    ...     base | {"id": "s:1", "category": "Measured", "category_class": "measured",
    ...             "quantity_t": 1000.0},
    ...     base | {"id": "s:2", "category": "Indicated", "category_class": "indicated",
    ...             "quantity_t": 500.0},
    ...     base | {"id": "s:3", "category": "Inferred", "category_class": "inferred",
    ...             "quantity_t": 250.0}])
    >>> told = tonnes_of(pd.Series({"d": "brought within 50 km"}), pd.Series({"d": "Deposit"}), stated)
    >>> told[["category", "quantity_t"]].to_numpy().tolist()
    [['Measured + Indicated', 1500.0], ['Inferred', 250.0]]
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
    return out.assign(rank=rank).sort_values("rank", kind="stable").drop(columns="rank").reset_index(
        drop=True
    )  # fmt: skip


def _parts(
    ids: list[str], names: pd.Series, statements: pd.DataFrame
) -> Iterator[_Part]:  # fmt: skip
    for deposit in ids:
        if not len(statements):
            return
        own = statements[statements["deposit_id"] == deposit]
        keys = [own[c].map(_text) for c in _OF_ONE_STATEMENT]
        for _, rows in own.groupby(keys, sort=False):
            yield from _given_together(str(names[deposit]), rows)


def _given_together(deposit: str, rows: pd.DataFrame) -> Iterator[_Part]:
    """Split statements of one publication into those that may be added, and the others."""
    left = rows
    for together in EXPLORED:
        parts = left["category_class"].map(lambda c: set(CATEGORY_PARTS.get(c, ())))
        chosen = left[[bool(p) and p <= together for p in parts]]
        if len(chosen) < 2:
            continue
        try:
            stated = sum_statements(chosen)
        except ScoreError:
            continue  # they count a category twice, or one has no quantity: each for itself
        yield _Part(deposit, " + ".join(chosen["category"]), stated, chosen)
        left = left.drop(index=chosen.index)
    for i in range(len(left)):
        one = left.iloc[i : i + 1]
        known = pd.notna(one["quantity_t"].iloc[0])
        category = _text(one["category"].iloc[0])
        yield _Part(deposit, category, sum_statements(one) if known else None, one)


def _row(change: str, key: tuple[str, ...], parts: list[_Part]) -> dict[str, object]:
    told = dict(zip(("substance", *_SYSTEM, "category"), key, strict=True))
    known = [p.stated for p in parts if p.stated is not None]
    several = len(parts) > 1
    ids = [i for p in parts for i in p.rows["id"]]
    words: Mapping[str, str] = {p.deposit: p.stated.basis if p.stated else "no quantity stated"
                                for p in parts}  # fmt: skip
    whole = len(known) == len(parts)
    return {
        "change": change,
        **told,
        "quantity_t": sum(s.quantity_t for s in known) if whole else None,
        "figure": known[0].figure if whole and not several else "computed" if whole else "unknown",
        "deposits": "; ".join(p.deposit for p in parts),
        "statements": "; ".join(ids),
        "basis": "; ".join(f"{d}: {b}" for d, b in words.items()) if several else
                 next(iter(words.values())),
    }  # fmt: skip


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]

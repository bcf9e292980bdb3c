"""Adding published quantities, where the system that they were stated in lets them be added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.errors import ScoreError
from geo_ree.harmonize.quantities import cell_text, classify_statements, parts_of
from geo_ree.schema import EXPLORED

_WHY = dict(
    zip(
        EXPLORED,
        (
            "Measured and Indicated are reported together, Inferred apart from them "
            "(NI 43-101, section 2.2)",
            "Proved and Probable are reserves, apart from resources",
            "A, B and C1 are explored reserves that the state balance gives together, C2 apart",
        ),
        strict=True,
    )
)
"""Categories that may be added to each other, and why."""

_SAME = (
    ("deposit_id", "deposits"),
    ("substance", "substances"),
    ("whose", "systems"),
    ("edition", "editions"),
    ("year", "years"),
    ("source", "sources"),
)
_ADDING_KINDS = ("reporting_code", "state")


@dataclass(frozen=True, kw_only=True)
class StatedSum:
    """A quantity with the statements behind it.

    Attributes
    ----------
    quantity_t
        Tonnes.
    substance
        What was weighed: one of `geo_ree.schema.SUBSTANCES`.
    categories
        Classes of the statements, in their order.
    ids
        The statements, in their order.
    figure
        ``published`` for one statement alone, ``computed`` for a sum.
    basis
        How the figure comes about, in words.
    """

    quantity_t: float
    substance: str
    categories: tuple[str, ...]
    ids: tuple[str, ...]
    figure: str
    basis: str


def sum_statements(statements: pd.DataFrame) -> StatedSum:
    """Add published quantities of one deposit, or say why they cannot be added.

    They are added where deposit, substance, system, edition, year and source are the same, and
    the categories are different ones that the system gives together: Measured and Indicated;
    Proved and Probable; A, B and C1. Inferred and C2 stay apart, as do prognostic resources;
    reserves are never added to the resources that they are the workable part of. Papers, press
    and frameworks have no rule by which their figures add up. One statement alone is its own
    sum.

    Parameters
    ----------
    statements
        Rows of the layer ``resources``, classified or not.

    Returns
    -------
    StatedSum

    Raises
    ------
    ScoreError
        Once, with every reason against it, naming the rows by their ids.

    References
    ----------
    Canadian Securities Administrators, National Instrument 43-101, Standards of Disclosure for
    Mineral Projects, section 2.2 (c).

    Examples
    --------
    >>> base = {"deposit_id": "d", "substance": "oxide", "system": "JORC 2012", "year": 2020,
    ...         "source": "a report"}
    >>> rows = pd.DataFrame([
    ...     base | {"id": "s:1", "category": "Measured", "quantity_t": 1000.0},
    ...     base | {"id": "s:2", "category": "Indicated", "quantity_t": 500.0},
    ...     base | {"id": "s:3", "category": "Inferred", "quantity_t": 250.0}])
    >>> sum_statements(rows[:2]).quantity_t
    1500.0
    >>> sum_statements(rows[1:])
    Traceback (most recent call last):
    geo_ree.errors.ScoreError: these statements cannot be added: indicated (s:2) and inferred \
(s:3) are not given together by any system; show one statement and the others beside it
    """
    if statements.empty:
        raise ScoreError("there is no statement to add", "give rows of the layer resources")
    rows = _rows(statements)
    unknown = [r["id"] for r in rows if not np.isfinite(r["quantity_t"])]
    reasons = [f"no quantity is stated by {', '.join(unknown)}"] if unknown else []
    if len(rows) > 1:
        reasons += [*_differences(rows), *_of_the_systems(rows), *_of_the_categories(rows)]
    if reasons:
        raise ScoreError(
            f"these statements cannot be added: {'; '.join(reasons)}",
            "show one statement and the others beside it",
        )
    return StatedSum(
        quantity_t=float(sum(r["quantity_t"] for r in rows)),
        substance=rows[0]["substance"],
        categories=tuple(r["category_class"] for r in rows),
        ids=tuple(r["id"] for r in rows),
        figure="published" if len(rows) == 1 else "computed",
        basis=_basis(rows),
    )


def _rows(statements: pd.DataFrame) -> list[dict[str, Any]]:
    told = classify_statements(statements)
    out = []
    for place, row in enumerate(told.to_dict("records"), start=1):
        texts = {str(k): cell_text(v) for k, v in row.items()}
        one: dict[str, Any] = {name: texts.get(name, "") for name, _ in _SAME}
        one["whose"] = texts["system_code"] or texts.get("system", "").casefold()
        one["kind"], one["category_class"] = texts["system_kind"], texts["category_class"]
        one["id"] = texts.get("id") or f"row {place}"
        one["quantity_t"] = pd.to_numeric(row.get("quantity_t", np.nan), errors="coerce")
        out.append(one)
    return out


def _differences(rows: Sequence[dict[str, Any]]) -> list[str]:
    out = []
    for name, words in _SAME:
        groups: dict[str, list[str]] = {}
        for row in rows:
            groups.setdefault(row[name], []).append(row["id"])
        if len(groups) > 1:
            each = (f"{v or 'not stated'} ({', '.join(ids)})" for v, ids in groups.items())
            out.append(f"they are of different {words}: {' / '.join(each)}")
    return out


def _of_the_systems(rows: Sequence[dict[str, Any]]) -> list[str]:
    out = []
    unclear = [r["id"] for r in rows if r["substance"] not in ("ore", "oxide", "metal")]
    if unclear:
        out.append(f"what was weighed is unclear in {', '.join(unclear)}")
    loose = [f"{r['id']} ({r['kind']})" for r in rows if r["kind"] not in _ADDING_KINDS]
    if loose:
        out.append(f"no rule of a reporting code or state classification holds for "
                   f"{', '.join(loose)}")  # fmt: skip
    return out


def _of_the_categories(rows: Sequence[dict[str, Any]]) -> list[str]:
    loose = [r["id"] for r in rows if not parts_of(r["category_class"])]
    out = [f"no category is stated by {', '.join(loose)}"] if loose else []
    stated = [r for r in rows if parts_of(r["category_class"])]
    for one, other in combinations(stated, 2):
        mine, its = parts_of(one["category_class"]), parts_of(other["category_class"])
        pair = f"{_words(one)} ({one['id']}) and {_words(other)} ({other['id']})"
        if set(mine) & set(its):
            out.append(f"{pair} would count the same category twice")
        elif not any({*mine, *its} <= together for together in EXPLORED):
            out.append(f"{pair} are not given together by any system")
    return out


def _words(row: dict[str, Any]) -> str:
    return " + ".join(parts_of(row["category_class"]))


def _basis(rows: Sequence[dict[str, Any]]) -> str:
    if len(rows) == 1:
        return f"one statement, as published ({rows[0]['id']})"
    parts = {part for row in rows for part in parts_of(row["category_class"])}
    why = next(words for together, words in _WHY.items() if parts <= together)
    terms = (f"{r['quantity_t']:,.0f} t {_words(r)} ({r['id']})" for r in rows)
    return f"{' + '.join(terms)}; {why}"

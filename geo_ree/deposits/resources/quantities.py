"""Published quantities: their reporting system and category, and which of them may be added."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.deposits.vocabulary import match_kind
from geo_ree.errors import ScoreError
from geo_ree.schema import CATEGORY_PARTS, CODE_KINDS, EXPLORED, SCALES, parse_edition

_CYRILLIC = str.maketrans("авср", "abcp")
_AND = re.compile(r"\s*(?:\+|&|,|/|\band\b|\bи\b)\s*")
_AROUND = re.compile(
    r"\b(categor(?:y|ies)|mineral|ore|resources?|reserves?|категори[яий]|запасы|ресурсы)\b"
)
_SPELLINGS: dict[str, str] = {
    "proven": "proved",
    **{part.casefold(): part for scale in SCALES.values() for part in scale},
}
_SCALES_OF_WORDS = {"reserve": "reserves", "resource": "resources", "P": "prognostic resources"}


@dataclass(frozen=True)
class ReportingSystem:
    """The system that published words name.

    ``kind`` is one of `geo_ree.schema.SYSTEM_KINDS`, ``code`` one of `geo_ree.schema.CODE_KINDS`
    or "", ``edition`` a year or "". ``recognised`` is false if no rule covers the text; the kind
    ``unknown`` may be recognised.
    """

    kind: str
    code: str = ""
    edition: str = ""
    recognised: bool = True


def classify_system(text: str) -> ReportingSystem:
    """Classify the published words for a reporting system; the text may be blank.

    A figure of the state's registry stays one if the press quotes it; what an office told the
    press, without a registry or a code, is press.
    """
    words = " ".join(text.split())
    if not words:
        return ReportingSystem("unknown")
    code = match_kind(words, "statement_code")
    if code is not None:
        return ReportingSystem(CODE_KINDS[code], code, parse_edition(words, code) or "")
    kind = match_kind(words, "statement_system")
    return ReportingSystem(kind or "unknown", recognised=kind is not None)


def classify_category(text: str) -> str | None:
    """Classify a published category, in Latin or Cyrillic letters; the text may be blank.

    Returns one of `geo_ree.schema.CATEGORY_CLASSES`, or None if no rule covers the text.
    """
    words = " ".join(text.split())
    if not words:
        return "unknown"
    bare = " ".join(_AROUND.sub(" ", words.casefold()).translate(_CYRILLIC).split())
    if bare == "p":
        return "P"
    pieces = [re.sub(r"(?<=[a-z])-(?=\d)", "", piece) for piece in _AND.split(bare)]
    found = {_SPELLINGS.get(piece) for piece in pieces}
    for scale in SCALES.values():
        if found <= set(scale):
            return "_".join(part for part in scale if part in found)
    return match_kind(words, "statement_category")


def classify_statements(resources: pd.DataFrame) -> pd.DataFrame:
    """Classify the system and the category of published quantities; their words are kept.

    Parameters
    ----------
    resources
        Rows of the layer ``resources``; ``system`` and ``category`` as published.

    Returns
    -------
    pandas.DataFrame
        A copy with ``system_kind``, ``system_code``, ``category_class`` and ``edition``. Values
        that a row already has are kept. An edition comes from the published words only, never
        from the year of the statement.

    Examples
    --------
    >>> classified = classify_statements(pd.DataFrame({
    ...     "system": ["JORC, 2011 (Stans Energy)", "ministry statement"],
    ...     "category": ["Inferred", "resources (preliminary)"]}))
    >>> classified[["system_kind", "system_code", "category_class"]].to_numpy().tolist()
    [['reporting_code', 'JORC', 'inferred'], ['press', None, 'resource']]
    """
    systems = [classify_system(text) for text in _texts(resources, "system")]
    categories = [classify_category(text) for text in _texts(resources, "category")]
    found = {
        "system_kind": [s.kind for s in systems],
        "system_code": [s.code for s in systems],
        "category_class": ["unclassified" if c is None else c for c in categories],
        "edition": [s.edition for s in systems],
    }
    columns = {}
    for name, values in found.items():
        own = zip(_texts(resources, name), values, strict=True)
        columns[name] = pd.Series([a or b or None for a, b in own], resources.index, dtype=object)
    return resources.assign(**columns)


def unclassified_texts(resources: pd.DataFrame) -> dict[str, list[str]]:
    """List the systems and categories that no rule covers, by the column they should fill."""
    systems, categories = _texts(resources, "system"), _texts(resources, "category")
    return {
        "system_kind": [t for t in systems if not classify_system(t).recognised],
        "category_class": [t for t in categories if classify_category(t) is None],
    }


def cell_text(value: object) -> str:
    """Return a cell as text, "" if it is missing."""
    return "" if pd.isna(value) else str(value).strip()  # type: ignore[call-overload]


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    return [cell_text(v) for v in frame[name]] if name in frame else [""] * len(frame)


def parts_of(category_class: str) -> tuple[str, ...]:
    """Return the categories in a class (Measured and Indicated), none if it names none."""
    return CATEGORY_PARTS.get(category_class, ())


def scale_of(category_class: str) -> str:
    """Return the scale of a class: one of `geo_ree.schema.SCALES`, or "" if it has none."""
    parts = parts_of(category_class)
    found = (name for name, scale in SCALES.items() if parts and parts[0] in scale)
    return next(found, _SCALES_OF_WORDS.get(category_class, ""))


_REASONS_TO_ADD = dict(
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

_MUST_AGREE = (
    ("deposit_id", "deposits"),
    ("substance", "substances"),
    ("system_name", "systems"),
    ("edition", "editions"),
    ("year", "years"),
    ("source", "sources"),
)
_ADDITIVE_KINDS = ("reporting_code", "state")


@dataclass(frozen=True, kw_only=True)
class StatedSum:
    """A quantity with the statements it is based on.

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
        ``published`` for a single statement, ``computed`` for a sum.
    basis
        The arithmetic, in words.
    """

    quantity_t: float
    substance: str
    categories: tuple[str, ...]
    ids: tuple[str, ...]
    figure: str
    basis: str


def sum_statements(statements: pd.DataFrame) -> StatedSum:
    """Add published quantities of one deposit, or explain why they cannot be added.

    They are added if deposit, substance, system, edition, year and source are the same, and the
    categories are different ones that the system reports together: Measured and Indicated; Proved
    and Probable; A, B and C1. Inferred, C2 and prognostic resources stay apart; reserves are never
    added to the resources that contain them. Figures of papers, press and frameworks have no rule
    by which they add up. A single statement is its own sum.

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
        Once, with every reason, naming the rows by their ids.

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
    rows = []
    for number, row in enumerate(classify_statements(statements).to_dict("records"), start=1):
        texts = {str(k): cell_text(v) for k, v in row.items()}
        texts["id"] = texts.get("id") or f"row {number}"
        texts["system_name"] = texts["system_code"] or texts.get("system", "").casefold()
        quantity = pd.to_numeric(row.get("quantity_t", np.nan), errors="coerce")
        rows.append({**dict.fromkeys(dict(_MUST_AGREE), ""), **texts, "quantity_t": quantity})
    reasons = _reasons_against(rows)
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
        basis=_describe_sum(rows),
    )


def _reasons_against(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Every reason why the statements cannot be added."""
    unknown = [r["id"] for r in rows if not np.isfinite(r["quantity_t"])]
    out = [f"no quantity is stated by {', '.join(unknown)}"] if unknown else []
    if len(rows) == 1:
        return out
    for name, plural in _MUST_AGREE:
        groups: dict[str, list[str]] = {}
        for row in rows:
            groups.setdefault(row[name], []).append(row["id"])
        if len(groups) > 1:
            each = (f"{v or 'not stated'} ({', '.join(ids)})" for v, ids in groups.items())
            out.append(f"they are of different {plural}: {' / '.join(each)}")
    unclear = [r["id"] for r in rows if r["substance"] not in ("ore", "oxide", "metal")]
    if unclear:
        out.append(f"what was weighed is unclear in {', '.join(unclear)}")
    loose = [
        f"{r['id']} ({r['system_kind']})" for r in rows if r["system_kind"] not in _ADDITIVE_KINDS
    ]
    if loose:
        out.append(
            f"no rule of a reporting code or state classification holds for {', '.join(loose)}"
        )
    blank = [r["id"] for r in rows if not parts_of(r["category_class"])]
    if blank:
        out.append(f"no category is stated by {', '.join(blank)}")
    for one, other in combinations([r for r in rows if parts_of(r["category_class"])], 2):
        mine, its = parts_of(one["category_class"]), parts_of(other["category_class"])
        pair = f"{' + '.join(mine)} ({one['id']}) and {' + '.join(its)} ({other['id']})"
        if set(mine) & set(its):
            out.append(f"{pair} would count the same category twice")
        elif not any({*mine, *its} <= together for together in EXPLORED):
            out.append(f"{pair} are not given together by any system")
    return out


def _describe_sum(rows: Sequence[dict[str, Any]]) -> str:
    if len(rows) == 1:
        return f"one statement, as published ({rows[0]['id']})"
    parts = {part for row in rows for part in parts_of(row["category_class"])}
    why = next(words for together, words in _REASONS_TO_ADD.items() if parts <= together)
    terms = (
        f"{r['quantity_t']:,.0f} t {' + '.join(parts_of(r['category_class']))} ({r['id']})"
        for r in rows
    )
    return f"{' + '.join(terms)}; {why}"

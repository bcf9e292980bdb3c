"""Published quantities: the system and the category that their words come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.deposits.fields import Account
from geo_ree.deposits.vocabulary import kind_told
from geo_ree.errors import ScoreError
from geo_ree.schema import CATEGORY_PARTS, CODE_KINDS, EXPLORED, SCALES, edition_told

_CYRILLIC = str.maketrans("авср", "abcp")
_AND = re.compile(r"\s*(?:\+|&|,|/|\band\b|\bи\b)\s*")
_AROUND = re.compile(
    r"\b(categor(?:y|ies)|mineral|ore|resources?|reserves?|категори[яий]|запасы|ресурсы)\b"
)
_SPELT: dict[str, str] = {
    "proven": "proved",
    **{part.casefold(): part for scale in SCALES.values() for part in scale},
}


@dataclass(frozen=True)
class StatedSystem:
    """Whose statement a quantity is.

    Attributes
    ----------
    kind
        One of `geo_ree.schema.SYSTEM_KINDS`.
    code
        One of `geo_ree.schema.CODE_KINDS`; blank where no named system is meant.
    edition
        A year; blank where the text names none.
    understood
        Whether any rule knows the text; ``unknown`` is a kind that may be understood.
    """

    kind: str
    code: str = ""
    edition: str = ""
    understood: bool = True


def system_told(text: str) -> StatedSystem:
    """Say what the published words for a system come to.

    Parameters
    ----------
    text
        As published; may be blank.

    Returns
    -------
    StatedSystem
        A figure of the state's registry stays one where the press passed it on; what an office
        told the press, without a registry or a code, is press.

    Examples
    --------
    >>> system_told("JORC 2004")
    StatedSystem(kind='reporting_code', code='JORC', edition='2004', understood=True)
    >>> [system_told(t).kind for t in ("Mongolian state registry, by press", "Singer 1998", "")]
    ['state', 'paper', 'unknown']
    """
    words = " ".join(text.split())
    if not words:
        return StatedSystem("unknown")
    code = kind_told(words, "statement_code")
    if code is not None:
        return StatedSystem(CODE_KINDS[code], code, edition_told(words, code) or "")
    kind = kind_told(words, "statement_system")
    return StatedSystem(kind or "unknown", understood=kind is not None)


def category_told(text: str) -> str | None:
    """Say which class a published category comes to.

    Parameters
    ----------
    text
        As published, in Latin or Cyrillic letters; may be blank.

    Returns
    -------
    str or None
        One of `geo_ree.schema.CATEGORY_CLASSES`; None where no rule knows the text.

    Examples
    --------
    >>> [category_told(t) for t in ("Measured + Indicated", "Proven and Probable", "В+С1", "")]
    ['measured_indicated', 'proved_probable', 'B_C1', 'unknown']
    >>> category_told("resources (preliminary)"), category_told("plenty")
    ('resource', None)
    """
    words = " ".join(text.split())
    if not words:
        return "unknown"
    bare = " ".join(_AROUND.sub(" ", words.casefold()).translate(_CYRILLIC).split())
    pieces = [re.sub(r"(?<=[a-z])-(?=\d)", "", piece) for piece in _AND.split(bare)]
    if bare == "p":
        return "P"
    found = {_SPELT.get(piece) for piece in pieces}
    for scale in SCALES.values():
        if found <= set(scale):
            return "_".join(part for part in scale if part in found)
    return kind_told(words, "statement_category")


def classify_statements(resources: pd.DataFrame, *, account: Account | None = None) -> pd.DataFrame:
    """Add to published quantities what their words come to; the words themselves stay.

    Parameters
    ----------
    resources
        Rows of the layer ``resources``; ``system`` and ``category`` as published.
    account
        Told of the texts that no rule knows.

    Returns
    -------
    pandas.DataFrame
        A copy with ``system_kind``, ``system_code``, ``category_class`` and ``edition``. What a
        row has already stands. An edition comes from the published words only: the one in
        force in the year of a statement is not taken for the one it names.

    Examples
    --------
    >>> told = classify_statements(pd.DataFrame({
    ...     "system": ["JORC, 2011 (Stans Energy)", "ministry statement"],
    ...     "category": ["Inferred", "resources (preliminary)"]}))
    >>> told[["system_kind", "system_code", "category_class"]].to_numpy().tolist()
    [['reporting_code', 'JORC', 'inferred'], ['press', None, 'resource']]
    >>> told["edition"].tolist()
    [None, None]
    """
    systems = _texts(resources, "system")
    categories = _texts(resources, "category")
    told = systems.map(system_told)
    classes = categories.map(category_told)
    if account is not None:
        account.puzzle("system_kind", systems[~told.map(lambda t: t.understood).astype(bool)])
        account.puzzle("category_class", categories[classes.isna()])
    found = {
        "system_kind": told.map(lambda t: t.kind),
        "system_code": told.map(lambda t: t.code or None),
        "category_class": classes.where(classes.notna(), "unclassified"),
        "edition": told.map(lambda t: t.edition or None),
    }
    return resources.assign(**{n: _kept(resources, n, new) for n, new in found.items()})


def cell_text(value: object) -> str:
    """A cell as text, blank for unknown.

    Examples
    --------
    >>> cell_text(None), cell_text(float("nan")), cell_text(" JORC ")
    ('', '', 'JORC')
    """
    return "" if pd.isna(value) else str(value).strip()  # type: ignore[call-overload]


def parts_of(category_class: str) -> tuple[str, ...]:
    """Give the categories that are in a class, none where it names none.

    Examples
    --------
    >>> parts_of("measured_indicated"), parts_of("reserve")
    (('measured', 'indicated'), ())
    """
    return CATEGORY_PARTS.get(category_class, ())


def scale_of(category_class: str) -> str:
    """Name the scale of a class: one of `geo_ree.schema.SCALES`, blank where it has none.

    Examples
    --------
    >>> scale_of("C1_C2"), scale_of("reserve"), scale_of("unknown")
    ('state reserves', 'reserves', '')
    """
    words = {"reserve": "reserves", "resource": "resources", "P": "prognostic resources"}
    parts = parts_of(category_class)
    found = (name for name, scale in SCALES.items() if parts and parts[0] in scale)
    return next(found, words.get(category_class, ""))


def _texts(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series("", index=frame.index, dtype=object)
    return _mapped(frame[name], cell_text)


def _kept(frame: pd.DataFrame, name: str, found: pd.Series) -> pd.Series:
    """What the frame has, filled with what was found; None for unknown."""
    have = _texts(frame, name)
    out = have.where(have != "", found).astype(object)
    return out.where(out.notna(), None)


def _mapped(column: pd.Series, how: Callable[[Hashable], str]) -> pd.Series:
    return pd.Series([how(v) for v in column], index=column.index, dtype=object)


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
        out.append(
            f"no rule of a reporting code or state classification holds for {', '.join(loose)}"
        )
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

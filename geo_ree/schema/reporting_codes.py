"""The words of published quantities: whose system, which edition, which category.

Public reporting codes follow the template of CRIRSCO (measured, indicated, inferred resources;
proved and probable reserves). The state classification that the seven countries inherited has
reserves A, B, C1, C2 and prognostic resources P1, P2, P3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any

import pandas as pd

SUBSTANCES = ("oxide", "metal", "ore", "unclear")
"""What was weighed, in the order in which it is shown."""

SYSTEM_KINDS = (
    "reporting_code",  # a public reporting code, signed by a competent person
    "state",  # a state classification: a commission, a balance, a registry
    "framework",  # a framework that other systems are mapped to
    "paper",  # a survey's report or a scientific paper, by no code
    "press",  # press, or an office quoted by it
    "unknown",
)
"""Kinds of systems, in the order in which a statement is preferred."""

CODE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "JORC": "reporting_code",
        "NI 43-101": "reporting_code",
        "KAZRC": "reporting_code",
        "SAMREC": "reporting_code",
        "PERC": "reporting_code",
        "S-K 1300": "reporting_code",
        "GKZ": "state",
        "UNFC": "framework",
    }
)
"""Named systems and the kind of each."""

EDITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "JORC": ("1989", "1992", "1996", "1999", "2004", "2012"),
        "UNFC": ("1997", "2004", "2009", "2019"),
    }
)
"""Editions of the systems whose editions are a closed list; of others any year may be named."""

SCALES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "resources": ("measured", "indicated", "inferred"),
        "reserves": ("proved", "probable"),
        "state reserves": ("A", "B", "C1", "C2"),
        "prognostic resources": ("P1", "P2", "P3"),
    }
)
"""Scales of categories, each from the most certain to the least."""

CATEGORY_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "_".join(parts): parts
        for scale in SCALES.values()
        for length in range(1, len(scale) + 1)
        for parts in combinations(scale, length)
    }
)
"""Category class -> the categories that are in it, such as measured_indicated or A_B_C1."""

EXPLORED: tuple[frozenset[str], ...] = (
    frozenset(("measured", "indicated")),
    frozenset(("proved", "probable")),
    frozenset(("A", "B", "C1")),
)
"""Categories that are given together; Inferred, C2 and what is forecast stay apart."""

CATEGORY_CLASSES = (
    *CATEGORY_PARTS,
    "P",  # prognostic, not divided
    "exploration_target",
    "reserve",  # called a reserve, no category given
    "resource",  # called a resource, no category given
    "unclassified",  # in words that no system defines
    "unknown",
)
"""Classes that the published categories come to."""

_OF_THE_STATE = frozenset((*SCALES["state reserves"], *SCALES["prognostic resources"], "P"))


def parse_edition(system: str, code: str) -> str | None:
    """Edition that a text names directly before or after a code.

    Parameters
    ----------
    system
        As published. A year after a comma is that of the statement, not of the code.
    code
        One of `CODE_KINDS`.

    Returns
    -------
    str or None
        A year; None where none is named, or where the code has no edition of that year.

    Examples
    --------
    >>> parse_edition("JORC Code (2012 Edition)", "JORC"), parse_edition("UNFC-2009", "UNFC")
    ('2012', '2009')
    >>> parse_edition("JORC, 2011 (Stans Energy)", "JORC") is None
    True
    """
    name = re.escape(code)
    after = re.search(rf"\b{name}(?:\s+code)?[\s-]*\(?((?:19|20)\d\d)\b", system, re.I)
    before = re.search(rf"\b((?:19|20)\d\d)\s+(?:edition of the\s+)?{name}\b", system, re.I)
    found = after or before
    known = EDITIONS.get(code)
    return found[1] if found and (known is None or found[1] in known) else None


def statement_complaints(frame: pd.DataFrame) -> list[str]:
    """Find what cannot be true of a published quantity.

    An edition belongs to a named code, is one of those that the code has had, is not later than
    the statement, and is the one that the published text names. A public reporting code has no
    categories of the state classification.

    Parameters
    ----------
    frame
        The layer ``resources`` with its canonical columns; rows without ``system_kind`` have
        not been classified yet and are passed over.

    Returns
    -------
    list of str
        One line a complaint, rows counted from 1.

    Examples
    --------
    >>> statement_complaints(pd.DataFrame({
    ...     "system": ["JORC 2012"], "system_kind": ["reporting_code"], "system_code": ["JORC"],
    ...     "edition": ["2012"], "year": [2011], "category_class": ["inferred"]}))
    ['row 1: edition is 2012, later than the year of the statement (2011)']
    """
    columns = ("system", "system_kind", "system_code", "edition", "category_class", "year")
    rows = zip(*(frame[c].astype(object) for c in columns), strict=True)
    return [
        f"row {number}: {complaint}"
        for number, (*texts, year) in enumerate(rows, start=1)
        for complaint in _complaints(["" if pd.isna(t) else str(t) for t in texts], year)
    ]


def _complaints(texts: Sequence[str], year: Any) -> list[str]:
    system, kind, code, edition, category = texts
    if not kind:
        return []
    out = []
    if code and CODE_KINDS.get(code, kind) != kind:
        out.append(f"system_kind is {kind!r}, but {code} is a {CODE_KINDS[code]}")
    if edition:
        out += _of_the_edition(system, code, edition, year)
    if kind == "reporting_code" and set(category.split("_")) & _OF_THE_STATE:
        out.append(
            f"category_class is {category!r}, which is of the state classification, but the "
            f"system is {system or code!r}"
        )
    return out


def _of_the_edition(system: str, code: str, edition: str, year: Any) -> list[str]:
    if not code:
        return [f"edition is {edition!r}, but the system ({system or 'not stated'}) names no code"]
    known = EDITIONS.get(code)
    if not re.fullmatch(r"(19|20)\d\d", edition) or (known and edition not in known):
        expected = ", ".join(known) if known else "a year"
        return [f"edition of {code} is {edition!r}, expected {expected}"]
    out = []
    if not pd.isna(year) and int(edition) > int(year):
        out.append(f"edition is {edition}, later than the year of the statement ({int(year)})")
    stated = parse_edition(system, code)
    if stated and stated != edition:
        out.append(f"edition is {edition}, but the system is published as {system!r}")
    return out

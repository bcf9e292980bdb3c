"""Published quantities: the system and the category that their words come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import pandas as pd

from geo_ree.harmonize.account import Account
from geo_ree.harmonize.vocabulary import kind_told
from geo_ree.schema import CATEGORY_PARTS, CODE_KINDS, SCALES, edition_told

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


def classify_statements(
    resources: pd.DataFrame, *, account: Account | None = None
) -> pd.DataFrame:  # fmt: skip
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

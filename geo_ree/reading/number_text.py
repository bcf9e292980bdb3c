"""Numbers written as texts: the sign between thousands or decimals, and words for no value.

"12.000" is twelve or twelve thousand. The other values of its column decide; where they do not, it is no
number in a column of whole ones, and read with a decimal point, with a remark, in any other.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

_NOTHING = frozenset(
    (
        *("-", "--", "—", "–", "?", "n/a", "na", "#n/a", "nan", "null", "none", "nil", "unknown"),
        *("nd", "n.d.", "n.d", "no data", "not determined"),
        *("нд", "н.д.", "н.д", "н/д", "нет", "нет данных", "не определено"),
    )
)
VOIDS = (-9999.0, -999.0, -99999.0)
"""Numbers that stand for no value."""

_BY_OTHERS = "numbers with {!r} between thousands, as other values of the column show"
_UNDECIDED = "numbers like 12.000 read with a decimal point, which may stand between thousands"
_MINUS = str.maketrans("\u2212\u2013\u2010", "---")
_SPACE = "[ '\u2019\u00a0\u202f\u2009]"
_SPACED = re.compile(rf"[-+]?\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:[.,]\d+)?")
_UNCLEAR = re.compile(r"[-+]?[1-9]\d{0,2}([.,])(\d{3})")
_THOUSANDS = re.compile(
    r"[-+]?[1-9]\d{0,2}(?:([.,])\d{3})(?:(?:\1\d{3})+(?:(?!\1)[.,]\d+)?|(?!\1)[.,]\d+)"
)
_DECIMALS = re.compile(r"[-+]?\d*([.,])\d+")
_GROUPS = re.compile(rf"{_SPACE}+")
_METRES = re.compile(r"-?\d{4,9}(\.\d+)?")


def means_nothing(text: str) -> bool:
    """Return whether a text says that there is no value: ``n/a``, ``—``, ``н.д.``, ``-9999``."""
    plain = " ".join(text.split()).casefold()
    if not plain or plain in _NOTHING:
        return True
    try:
        return float(plain) in VOIDS
    except ValueError:
        return False


def to_float(column: pd.Series) -> pd.Series:
    """Read a column as float64, with NaN where it is no plain number.

    An integer beyond the range of floats, such as 1 followed by 400 zeros, is infinite.
    """
    try:
        return pd.to_numeric(column, errors="coerce").astype("float64")
    except OverflowError:  # an integer of more than 308 digits
        return pd.to_numeric(column.map(str), errors="coerce").astype("float64")


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers: NaN where there is none, and what was assumed -> rows."""

    values: pd.Series
    noted: Counter[str] = field(default_factory=Counter)


def read_numbers(column: pd.Series, *, whole: bool) -> Numbers:
    """Read a column of texts or numbers; words for no value are blank.

    Parameters
    ----------
    column
        Texts, numbers, or both.
    whole
        Whether the column counts things: there a fraction is no number.

    Returns
    -------
    Numbers

    Examples
    --------
    >>> read_numbers(pd.Series(["12.000", "104.500"]), whole=True).values.tolist()
    [12000.0, 104500.0]
    >>> read_numbers(pd.Series(["12,5", "1 250,75", "n/a"]), whole=False).values.tolist()
    [12.5, 1250.75, nan]
    """
    values = to_float(column)
    if column.dtype.kind in "iufb":
        return Numbers(values.mask(values.isin(VOIDS)))
    texts = [v.strip().translate(_MINUS) if isinstance(v, str) else "" for v in column.tolist()]
    if not any(set(",. ") & set(t) or not t.isascii() or "'" in t for t in texts):
        return Numbers(values.mask(values.isin(VOIDS)))
    marks = {mark: _role_of(mark, texts, whole=whole) for mark in ".,"}
    out, noted = values.to_numpy(copy=True), Counter[str]()
    seen: dict[str, tuple[float, str]] = {}  # a column repeats its texts
    for row, text in enumerate(texts):
        if text:
            if text not in seen:
                seen[text] = _value(text, marks, whole=whole)
            out[row], remark = seen[text]
            if remark:
                noted[remark] += 1
    out[np.isin(out, VOIDS)] = np.nan
    return Numbers(pd.Series(out, index=column.index), noted)


def _role_of(mark: str, texts: list[str], *, whole: bool) -> str:
    """Return ``thousands`` or ``decimals`` as the clear values of a column show; blank if they do not."""
    roles = set()
    for text in texts:
        if mark not in text:
            continue
        unclear, many = _UNCLEAR.fullmatch(text), _THOUSANDS.fullmatch(text)
        if unclear:
            if whole and unclear[2] != "000":
                roles.add("thousands")
        elif many and many[1] == mark:
            roles.add("thousands")
        elif _SPACED.fullmatch(text) or (many and many[1] != mark) or _DECIMALS.fullmatch(text):
            roles.add("decimals")
    return roles.pop() if len(roles) == 1 else ""


def _value(text: str, marks: dict[str, str], *, whole: bool) -> tuple[float, str]:
    """Return a number, NaN if it is none or unclear, and what was assumed."""
    unclear, other = _UNCLEAR.fullmatch(text), {".": ",", ",": "."}
    if unclear:
        mark = unclear[1]
        role = marks[mark] or ("thousands" if marks[other[mark]] == "decimals" else "")
        if role == "thousands":
            return _number(text.replace(mark, "")), _BY_OTHERS.format(mark)
        if not role and (whole or mark == ","):
            return float("nan"), ""
        return _number(text.replace(",", ".")), "" if role else _UNDECIDED
    many = _THOUSANDS.fullmatch(text)
    if many:
        plain = text.replace(many[1], "").replace(",", ".")
    else:
        plain = _GROUPS.sub("", text) if _SPACED.fullmatch(text) else text
        plain = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
    number = _number(plain)
    return (float("nan") if whole and number % 1 > 0 else number), ""


def _number(text: str) -> float:
    try:
        return float("nan" if "_" in text else text)
    except ValueError:
        return float("nan")


def grid_number(text: str) -> float | None:
    """Read metres, in groups of three digits or not; nothing on a grid has fewer than four digits."""
    plain = re.sub(r"(?i)(m|м)$", "", _GROUPS.sub("", text.strip().translate(_MINUS)))
    marks = [c for c in plain if c in ".,"]
    if len(set(marks)) == 2:
        plain = plain.replace(marks[0], "")
    elif len(marks) > 1 or _UNCLEAR.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", "")
    plain = plain.replace(",", ".")
    return float(plain) if _METRES.fullmatch(plain) else None

"""Upstream texts and numbers, cleaned."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import pandas as pd
from anyascii import anyascii

_CONTROL: Mapping[int, str | None] = {
    **{c: bytes([c]).decode("cp1252", "ignore") for c in range(0x80, 0xA0)},
    **dict.fromkeys((*range(9), *range(14, 28), 127)),
}
"""C1 control characters are cp1252 bytes that lost their encoding; C0 ones mean nothing."""

_CYRILLIC = re.compile("[Ѐ-ԯ]+")
_DECIMAL = re.compile(r"-?\d+\.\d*0*$")
_MINUS = str.maketrans("−–", "--")


def clean_text(text: str) -> str:
    r"""Repair control characters, and collapse blanks and line breaks to one blank each.

    Examples
    --------
    >>> clean_text("Cerro  Colorado,\n6\x965 Ma\x00 ")
    'Cerro Colorado, 6–5 Ma'
    """
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_CONTROL)
    return " ".join(text.split())


def clean_column(column: pd.Series, nulls: Collection[str] = ()) -> pd.Series:
    """Clean the values of an upstream column, and blank those that mean "unknown".

    Parameters
    ----------
    column
        Texts, numbers, or a mixture of both (as spreadsheets have it).
    nulls
        Texts that mean "unknown"; a number among them also stands for its other spellings
        (``-9999`` for ``-9999.00``) and for the number itself.

    Returns
    -------
    pandas.Series
        On the same index: numbers with NaN where unknown, or texts with None.

    Examples
    --------
    >>> clean_column(pd.Series([" 0.5", "-9999.0", "NA", ""]), ("NA", "-9999")).tolist()
    ['0.5', None, None, None]
    >>> clean_column(pd.Series([0.5, 0.0]), ("NA", "0")).tolist()
    [0.5, nan]
    """
    if column.dtype.kind in "iuf":
        unknown = [number for n in nulls if (number := _number(n)) is not None]
        return column.where(~column.isin(unknown)) if unknown else column
    plain = {_short(n) for n in nulls} | {""}
    texts = [as_text(value) for value in column.astype(object)]
    kept = [text if _short(text) not in plain else None for text in texts]
    return pd.Series(kept, index=column.index, dtype=object)


def as_text(value: object) -> str:
    """Write a value as a text: blank for a missing one, whole numbers without a point.

    Examples
    --------
    >>> as_text(7.0), as_text(float("nan")), as_text(" a  b")
    ('7', '', 'a b')
    """
    if isinstance(value, str):
        return clean_text(value)
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def latin_name(name: str) -> str:
    """Transliterate the Cyrillic parts of a name.

    Examples
    --------
    >>> latin_name("Верхнее Эспе (Верхне-Espe)")
    'Verkhnee Espe (Verkhne-Espe)'
    """
    return _CYRILLIC.sub(lambda found: anyascii(found.group()), name)


def as_numbers(column: pd.Series) -> pd.Series:
    """Read a column as float64; NaN where it is blank or no number.

    Examples
    --------
    >>> as_numbers(pd.Series(["−23.89", "7", "seven", None])).tolist()
    [-23.89, 7.0, nan, nan]
    """
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    if column.dtype.kind in "iufb" or not numbers.isna().any():
        return numbers
    rest = column[numbers.isna()]
    plain = [v.translate(_MINUS) if isinstance(v, str) else None for v in rest]
    again = pd.to_numeric(pd.Series(plain, rest.index, dtype=object), errors="coerce")
    return numbers.fillna(again.astype("float64"))


def clean_numbers(column: pd.Series, nulls: Collection[str] = ()) -> tuple[pd.Series, pd.Series]:
    """Read a column of numbers, most of which need no cleaning.

    Parameters
    ----------
    column, nulls
        As for `clean_column`.

    Returns
    -------
    tuple of pandas.Series
        The numbers, NaN where unknown, and where there is a text that is no number.

    Examples
    --------
    >>> numbers, wrong = clean_numbers(pd.Series(["43.5", "-9999.0", "north", ""]), ("-9999",))
    >>> numbers.tolist(), wrong.tolist()
    ([43.5, nan, nan, nan], [False, False, True, False])
    """
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    rest = numbers.isna()
    unknown = [number for n in nulls if (number := _number(n)) is not None]
    numbers = numbers.mask(numbers.isin(unknown))
    texts = clean_column(column[rest], nulls)
    again = as_numbers(texts)
    wrong = pd.Series(False, index=column.index)
    wrong[rest] = texts.notna() & again.isna()
    return numbers.fillna(again), wrong


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _short(text: str) -> str:
    """Write ``-9999.00`` as ``-9999``; leave any other text as it is."""
    return text.rstrip("0").removesuffix(".") if _DECIMAL.match(text) else text

"""How fine a printed coordinate is, and the doubt that follows from it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo_ree.catalog.options import Precision
from geo_ree.errors import SchemaError
from geo_ree.harmonize.values import as_text
from geo_ree.schema import PRECISION_ERROR_M

_DMS = re.compile(r"^\s*(\d{1,3})-(\d{1,2})(?:-(\d{1,2}(?:\.\d+)?))?\s*[NSEW]\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_MOST_DIGITS = 7
"""Decimals of a degree that can mean something (1 cm); more are noise of the arithmetic."""
_MINUTE = 1.0 / 60.0


def classify_precision(
    raw: pd.DataFrame, rule: Precision, latitude: str, longitude: str, names: str = ""
) -> pd.Series:
    """Precision class of every record of an upstream table.

    Parameters
    ----------
    raw
        The upstream table, texts.
    rule
        The source's precision rule.
    latitude, longitude
        Names of the upstream columns with decimal degrees, for the ``decimals`` rule where it
        names no columns of its own.
    names
        Name of the upstream column with the names of the records, for ``stacked``.

    Returns
    -------
    pandas.Series of str
        A class of `geo_ree.schema.PRECISION_ERROR_M` for each row; ``none`` where the
        coordinate is blank.

    Raises
    ------
    SchemaError
        When a column holds a class that is not in the vocabulary.

    Examples
    --------
    >>> table = pd.DataFrame({"lat": ["42.6667", "43.5"], "lon": ["76.1667", "76.25"]})
    >>> classify_precision(table, Precision(rule="decimals"), "lat", "lon").tolist()
    ['arc_minute', 'hundredth_degree']
    """
    if rule.rule == "fixed":
        classes = pd.Series(rule.class_, index=raw.index, dtype=object)
    elif rule.rule == "column":
        stated = [text or rule.class_ for (text,) in _texts(raw, rule.columns[:1])]
        classes = pd.Series(stated, index=raw.index, dtype=object)
        odd = ~classes.isin(list(PRECISION_ERROR_M))
        if odd.any():
            raise SchemaError(
                f"row {raw.index[odd][0]}: precision class {classes[odd].iloc[0]!r} is unknown",
                f"use one of {', '.join(PRECISION_ERROR_M)}",
            )
    elif rule.rule == "dms":
        read = _parts_class if len(rule.columns) == 6 else _dms_class
        finest = [read(row) for row in _texts(raw, rule.columns)]
        classes = pd.Series(finest, index=raw.index, dtype=object)
        classes = classes.fillna(rule.class_)
    else:
        pairs = _texts(raw, rule.columns[:2] or (latitude, longitude))
        classes = pd.Series([_decimal_class(a, b) for a, b in pairs], index=raw.index, dtype=object)
    if rule.stacked and names:
        classes = classes.mask(_stacked(raw, (latitude, longitude), names, rule.stacked),
                               "named_place")  # fmt: skip
    if latitude in raw.columns:
        blank = [not text for (text,) in _texts(raw, (latitude,))]
        classes = classes.mask(pd.Series(blank, index=raw.index), "none")
    return classes


def _texts(raw: pd.DataFrame, columns: Sequence[str]) -> list[list[str]]:
    """Rows of texts; numbers are written with the digits they need."""
    cells = [[as_text(value) for value in raw[name].astype(object)] for name in columns]
    return [list(row) for row in zip(*cells, strict=True)]


def _stacked(raw: pd.DataFrame, place: tuple[str, str], names: str, least: int) -> pd.Series:
    """Whether so many records of different names share a point that it stands for a place."""
    points = raw.groupby(list(place), dropna=False)[names]
    return points.transform("nunique") >= least


def _parts_class(texts: Sequence[str]) -> str | None:
    """Class from degrees, minutes and seconds of latitude and longitude, a column each.

    A minute that was turned into decimals and back comes as 59 or 60 seconds: no second at all.
    """
    numbers = [float(t) if _NUMBER.match(t) else 0.0 for t in texts]
    if not any(texts):
        return None
    seconds = [abs(numbers[2]), abs(numbers[5])]
    if any(1.0 < s < 59.0 for s in seconds):
        return "arc_second"
    minutes = [abs(numbers[1]) + (seconds[0] >= 59.0), abs(numbers[4]) + (seconds[1] >= 59.0)]
    if any(not m.is_integer() for m in minutes):
        return "arc_second"
    return "arc_minute" if any(m % 15 for m in minutes) else "area"


def _dms_class(texts: Sequence[str]) -> str | None:
    found = [_DMS.match(t) for t in texts if t]
    if not found or not all(found):
        return None
    if any(m and m.group(3) is not None for m in found):
        return "arc_second"
    minutes = [int(m.group(2)) for m in found if m]
    return "arc_minute" if any(m % 15 for m in minutes) else "area"


def _decimal_class(latitude: str, longitude: str) -> str:
    try:
        values = np.array([float(latitude), float(longitude)]).round(_MOST_DIGITS)
    except ValueError:
        return "none"
    printed = [f"{v:.{_MOST_DIGITS}f}" if len(t) > _MOST_DIGITS else t
               for v, t in zip(values, (latitude, longitude), strict=True)]  # fmt: skip
    digits = max(len(t.partition(".")[2].rstrip("0")) for t in printed)
    if digits <= 1:
        return "tenth_degree" if digits else "area"
    off_minute = np.abs(values / _MINUTE - np.round(values / _MINUTE)) * _MINUTE
    if digits >= 3 and (off_minute <= 0.6 * 10.0**-digits).all():
        return "arc_minute"
    return "hundredth_degree" if digits <= 3 else "arc_second"

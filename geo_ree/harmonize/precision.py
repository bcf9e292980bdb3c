"""How fine a printed coordinate is, and the doubt that follows from it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from geo_ree.catalog.options import Precision
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M

_DMS = re.compile(r"^\s*(\d{1,3})-(\d{1,2})(?:-(\d{1,2}(?:\.\d+)?))?\s*[NSEW]\s*$", re.IGNORECASE)
_MINUTE = 1.0 / 60.0


def classify_precision(
    raw: pd.DataFrame, rule: Precision, latitude: str, longitude: str
) -> pd.Series:
    """Precision class of every record of an upstream table.

    Parameters
    ----------
    raw
        The upstream table, texts.
    rule
        The source's precision rule.
    latitude, longitude
        Names of the upstream columns with decimal degrees, for the ``decimals`` rule.

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
        classes = raw[rule.columns[0]].where(raw[rule.columns[0]] != "", rule.class_).astype(object)
        odd = ~classes.isin(list(PRECISION_ERROR_M))
        if odd.any():
            raise SchemaError(
                f"row {raw.index[odd][0]}: precision class {classes[odd].iloc[0]!r} is unknown",
                f"use one of {', '.join(PRECISION_ERROR_M)}",
            )
    elif rule.rule == "dms":
        finest = [_dms_class(list(row)) for row in raw[list(rule.columns)].to_numpy()]
        classes = pd.Series(finest, index=raw.index, dtype=object)
        classes = classes.fillna(rule.class_)
    else:
        pairs = zip(raw[latitude], raw[longitude], strict=True)
        classes = pd.Series([_decimal_class(a, b) for a, b in pairs], index=raw.index, dtype=object)
    if latitude in raw.columns:
        classes[(raw[latitude] == "").to_numpy()] = "none"
    return classes


def _dms_class(texts: list[str]) -> str | None:
    found = [_DMS.match(t) for t in texts if t]
    if not found or not all(found):
        return None
    if any(m and m.group(3) is not None for m in found):
        return "arc_second"
    minutes = [int(m.group(2)) for m in found if m]
    return "arc_minute" if any(m % 15 for m in minutes) else "area"


def _decimal_class(latitude: str, longitude: str) -> str:
    digits = max(len(t.partition(".")[2].rstrip("0")) for t in (latitude, longitude))
    try:
        values = np.array([float(latitude), float(longitude)])
    except ValueError:
        return "none"
    if digits <= 1:
        return "tenth_degree" if digits else "area"
    off_minute = np.abs(values / _MINUTE - np.round(values / _MINUTE)) * _MINUTE
    if digits >= 3 and (off_minute <= 0.6 * 10.0**-digits).all():
        return "arc_minute"
    return "hundredth_degree" if digits <= 3 else "arc_second"

"""How precisely a source gives a position: read from the digits it prints, and from its own words.

`add_precision` fills precision class, position error and basis of the rows of a table. The grids on
which people round, the datum shifts that hide them, and the words are in ``positions.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from geo_ree.catalog.table_rules import Precision
from geo_ree.deposits.column_rules import TableTask, as_text
from geo_ree.errors import SchemaError
from geo_ree.reading.coordinate_text import parse_angle
from geo_ree.reading.number_text import grid_number
from geo_ree.schema import PRECISION_ERROR_M

RULES: Mapping[str, Any] = tomllib.loads(
    (files("geo_ree.deposits") / "positions.toml").read_text(encoding="utf-8")
)
"""The contents of ``positions.toml``."""

LIMITS: Mapping[str, float] = RULES["thresholds"]

SURVEYED_BELOW_M = PRECISION_ERROR_M["arc_second"]
"""A source that states an error below this has measured the place: its figure is kept."""

_DMS = re.compile(r"^\s*(\d{1,3})-(\d{1,2})(?:-(\d{1,2}(?:\.\d+)?))?\s*[NSEW]\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_MAX_DIGITS = 7
"""Meaningful decimals of a degree (1 cm); further ones are noise of the arithmetic."""
_FEW_DIGITS = 3
"""Decimals of a degree from which on a printed number shows a whole minute."""
_CIRCLE = 360.0
_TENTH, _THOUSANDTH, _MINUTE, _SECOND = 0.05, 0.0005, 1 / 60, 1 / 3600
"""Units of the last printed digit, in degrees, that separate the classes."""
_SHARE_OF_DIGIT = 0.6
"""A printed number is off by half of its last digit, and a little for the arithmetic."""
_MAX_QUOTE = 120


def add_precision(
    frame: gpd.GeoDataFrame, table: gpd.GeoDataFrame, task: TableTask
) -> gpd.GeoDataFrame:
    """Fill precision class, position error and basis; what the source states is kept.

    The words of the source in ``notes`` about how a point was taken come before the digits. A stated
    error below `SURVEYED_BELOW_M` makes a class read from digits ``surveyed``. The accuracy of a
    transformation between datums adds to the error as an independent one.
    """
    source = task.source
    labels = (task.columns.get(n, "") for n in ("latitude", "longitude", "name"))
    classes = classify_precision(table, source.precision, *labels)
    error = classes.map(dict(PRECISION_ERROR_M)).astype("float64")
    basis = source.title + "; printed to " + classes.str.replace("_", "-")
    if "notes" in frame:
        stated_words = find_position_words(frame["notes"])
        known = stated_words["class"].notna()
        classes = classes.mask(known, stated_words["class"])
        error = error.mask(known, stated_words["error_m"])
        basis = basis.mask(known, basis + "; in its words: " + stated_words["quote"].fillna(""))
    if "position_error_m" in frame:
        stated = pd.to_numeric(frame["position_error_m"], errors="coerce")
        error = stated.where(stated.notna(), error)
        if source.precision.rule != "column":
            classes = classes.mask(stated < SURVEYED_BELOW_M, "surveyed")
    if task.accuracy_m > 0.0:
        error = (error**2 + task.accuracy_m**2) ** 0.5
    blank = frame.geometry.isna() | frame.geometry.is_empty
    classes = classes.mask(blank, "none")
    if "position_basis" in frame:
        basis = frame["position_basis"].where(frame["position_basis"].notna(), basis)
    return frame.assign(precision_class=classes, position_error_m=error, position_basis=basis)


@dataclass(frozen=True, kw_only=True)
class PositionWords:
    """Words by which a source says how a point was taken, and the precision they stand for."""

    pattern: re.Pattern[str]
    class_: str
    error_m: float
    why: str


@cache
def position_words() -> tuple[PositionWords, ...]:
    """Read the words from ``positions.toml``, in the order in which they are looked for."""
    return tuple(
        PositionWords(
            pattern=re.compile(row["pattern"], re.IGNORECASE),
            class_=row["class"],
            error_m=row["error_m"],
            why=row["why"],
        )
        for row in RULES["words"]
    )


def find_position_words(notes: pd.Series) -> pd.DataFrame:
    """Find what the notes of a source say about how each point was taken.

    Returns
    -------
    pandas.DataFrame
        On the index of `notes`: ``class`` (None where nothing is said), ``error_m`` (NaN) and
        ``quote``, the words of the source.

    Examples
    --------
    >>> notes = pd.Series(["Exposed. Location: center of pit on GoogleEarth.", "Exposed.", None])
    >>> find_position_words(notes)["class"].fillna("").tolist()
    ['surveyed', '', '']
    """
    rows = [_read_words(text) for text in notes.astype(object)]
    return pd.DataFrame(rows, notes.index, columns=["class", "error_m", "quote"]).astype(
        {"class": object, "error_m": "float64", "quote": object}
    )


def _read_words(text: object) -> tuple[str | None, float, str | None]:
    if isinstance(text, str):
        for words in position_words():
            if found := words.pattern.search(text):
                quote = " ".join(text[found.start() :].split("; ")[0].split())
                quote = quote.split(". ")[0].rstrip(".")
                if len(quote) > _MAX_QUOTE:
                    quote = quote[: _MAX_QUOTE - 1].rstrip() + "…"
                return words.class_, words.error_m, quote
    return None, float("nan"), None


def classify_precision(
    raw: pd.DataFrame, rule: Precision, latitude: str, longitude: str, names: str = ""
) -> pd.Series:
    """Classify how precisely each row of an upstream table prints its coordinates.

    ``latitude`` and ``longitude`` are the columns with decimal degrees, used if the rule names no
    columns itself; ``names`` is the column of names, used by the option ``stacked``. The class is
    one of `geo_ree.schema.PRECISION_ERROR_M`; ``none`` where the coordinate is blank.

    Raises
    ------
    SchemaError
        If a column holds a class outside the vocabulary.
    """
    if rule.rule == "fixed":
        classes = pd.Series(rule.class_, index=raw.index, dtype=object)
    elif rule.rule == "column":
        stated = [text or rule.class_ for (text,) in _texts(raw, rule.columns[:1])]
        classes = pd.Series(stated, index=raw.index, dtype=object)
        odd = ~classes.isin(list(PRECISION_ERROR_M))
        if odd.any():
            raise SchemaError(
                f"row {raw.index[odd][0]}: unknown precision class {classes[odd].iloc[0]!r}",
                f"use one of {', '.join(PRECISION_ERROR_M)}",
            )
    elif rule.rule == "dms":
        classify = _six_columns_class if len(rule.columns) == 6 else _dms_class
        finest = [classify(row) for row in _texts(raw, rule.columns)]
        classes = pd.Series(finest, index=raw.index, dtype=object).fillna(rule.class_)
    else:
        pairs = _texts(raw, rule.columns[:2] or (latitude, longitude))
        classes = pd.Series([_decimal_class(a, b) for a, b in pairs], index=raw.index, dtype=object)
        classes = _take_coarser(classes, pairs)
    if rule.stacked and names:
        points = raw.groupby([latitude, longitude], dropna=False)[names]
        classes = classes.mask(points.transform("nunique") >= rule.stacked, "named_place")
    if latitude in raw.columns:
        blank = [not text for (text,) in _texts(raw, (latitude,))]
        classes = classes.mask(pd.Series(blank, index=raw.index), "none")
    return classes


def _take_coarser(classes: pd.Series, pairs: Sequence[Sequence[str]]) -> pd.Series:
    """Replace classes of printed digits by that of the grid on which a coordinate lies, if coarser."""
    texts = pd.DataFrame(pairs, index=classes.index, columns=["latitude", "longitude"])
    numbers = texts.map(_degrees).astype("float64")
    digits = texts.map(_count_digits).to_numpy(dtype=np.int64)
    on_grid = find_grids(numbers["latitude"], numbers["longitude"], digits)
    errors = dict(PRECISION_ERROR_M)
    coarser = on_grid.map(errors).astype("float64") > classes.map(errors).astype("float64")
    return classes.mask(coarser, on_grid)


def find_grids(
    latitude: pd.Series,
    longitude: pd.Series,
    digits: NDArray[np.int64] | None = None,
) -> pd.Series:
    """Find the coarsest grid on which both coordinates of each point lie, as a precision class.

    A coordinate lies on a grid if it is a multiple of its step but for the noise of the arithmetic
    (41.00001 is 41), as printed or after one of the known datum shifts is undone.

    Parameters
    ----------
    latitude, longitude
        Degrees; NaN for no place.
    digits
        Decimals that the source prints of each, shape (n, 2): whole minutes printed to a few
        decimals are recognised then.

    Returns
    -------
    pandas.Series
        On the index of `latitude`: the class of ``positions.toml``, or None.

    Examples
    --------
    >>> latitude = pd.Series([41.00001, 46.99795, 41.49583])
    >>> find_grids(latitude, pd.Series([65.5, 75.13394, 64.5775])).dropna().astype(object)
    0    half_degree
    1     arc_minute
    dtype: object
    """
    lat, lon = (side.to_numpy(dtype=np.float64) for side in (latitude, longitude))
    noise = np.full((len(lat), 2), LIMITS["residue_deg"])
    rounding = noise
    if digits is not None:
        printed = _SHARE_OF_DIGIT * 10.0 ** -np.clip(digits, 0, _MAX_DIGITS).astype(np.float64)
        rounding = np.where(digits >= _FEW_DIGITS, np.maximum(noise, printed), noise)
    variants = [(np.column_stack([lat, lon]), noise, rounding)]
    slack = np.full((len(lat), 2), LIMITS["shifted_deg"])
    for shift in _datum_shifts():
        x, y = shift.transform(lon, lat, direction="INVERSE")[:2]
        moved = np.column_stack([y, x])
        # PROJ gives infinity for what it cannot place, NaN included
        variants.append((np.where(np.isfinite(moved), moved, np.nan), slack, slack))
    out = pd.Series(None, latitude.index, dtype=object)
    for grid in RULES["grid"]:
        decimal = "degrees" in grid
        step = grid["degrees"] if decimal else grid["minutes"] / 60.0
        for places, exact, sexagesimal in variants:
            limit = exact if decimal else sexagesimal
            on = (np.abs(places - np.round(places / step) * step) <= limit).all(axis=1)
            out[out.isna() & on] = grid["class"]
    return out.where(out.notna(), None)


@cache
def _datum_shifts() -> tuple[Transformer, ...]:
    """Transformations that publishers applied, from ``positions.toml``."""
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=cart +a={semi_major_m} +rf={inverse_flattening} "
        "+step +proj=helmert +x={dx_m} +y={dy_m} +z={dz_m} "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    return tuple(Transformer.from_pipeline(pipeline.format(**row)) for row in RULES["datum_shift"])


def _texts(raw: pd.DataFrame, columns: Sequence[str]) -> list[list[str]]:
    """Rows of texts; numbers are written with the digits they need."""
    cells = [[as_text(value) for value in raw[name].astype(object)] for name in columns]
    return [list(row) for row in zip(*cells, strict=True)]


def _six_columns_class(texts: Sequence[str]) -> str | None:
    """Class from degrees, minutes and seconds of latitude and longitude in six columns.

    A minute converted to decimals and back comes out as 59 or 60 seconds: it states no second.
    """
    if not any(texts):
        return None
    numbers = [float(t) if _NUMBER.match(t) else 0.0 for t in texts]
    seconds = [abs(numbers[2]), abs(numbers[5])]
    if any(1.0 < s < 59.0 for s in seconds):
        return "arc_second"
    minutes = [abs(numbers[1]) + (seconds[0] >= 59.0), abs(numbers[4]) + (seconds[1] >= 59.0)]
    if any(not m.is_integer() for m in minutes):
        return "arc_second"
    return _minutes_class(minutes)


def _dms_class(texts: Sequence[str]) -> str | None:
    """Class from texts such as ``42-40-12N``."""
    found = [_DMS.match(t) for t in texts if t]
    matches = [m for m in found if m]
    if not matches or len(matches) < len(found):
        return None
    if any(m.group(3) is not None for m in matches):
        return "arc_second"
    return _minutes_class([int(m.group(2)) for m in matches])


def _minutes_class(minutes: Sequence[float]) -> str:
    """Class of printed whole minutes: that of the coarsest grid on which both lie."""
    for grid in RULES["grid"]:
        step = 60.0 * grid["degrees"] if "degrees" in grid else grid["minutes"]
        if grid["class"] != "tenth_degree" and all(m % step == 0 for m in minutes):
            return str(grid["class"])
    return "arc_minute"


def _decimal_class(latitude: str, longitude: str) -> str:
    """Class from the printed digits alone: of decimal degrees, of a last minute or second, of metres."""
    units = [unit for text in (latitude, longitude) if (unit := _unit_deg(text)) is not None]
    if not units:
        return "none"
    if min(units) > _TENTH:
        return "tenth_degree"
    if min(units) <= _SECOND or min(units) < _THOUSANDTH:
        return "arc_second"
    return "hundredth_degree" if min(units) != _MINUTE else "arc_minute"


def _degrees(text: str) -> float:
    """Return the degrees of a printed angle; NaN if it is none, or metres."""
    try:
        number = float(text)
    except ValueError:
        found = parse_angle(text) if text else None
        return found.degrees if found else float("nan")
    return number if abs(number) <= _CIRCLE else float("nan")


def _unit_deg(text: str) -> float | None:
    """Return the last printed digit in degrees; None if nothing is printed."""
    digits = _count_digits(text)
    if digits >= 0 and abs(float(text)) <= _CIRCLE:
        return float(10.0**-digits)
    found = parse_angle(text) if text else None
    if found:
        return found.unit_deg
    return _SECOND if text and grid_number(text) is not None else None


def _count_digits(text: str) -> int:
    """Meaningful decimals of a printed number; -99 if it is not a number."""
    try:
        number = round(float(text), _MAX_DIGITS)
    except ValueError:
        return -99
    printed = f"{number:.{_MAX_DIGITS}f}" if len(text) > _MAX_DIGITS else text
    return len(printed.partition(".")[2].rstrip("0"))

"""How fine a printed coordinate is, and the doubt that follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Precision, Source
from geo_ree.crs import STORE_CRS, Floats
from geo_ree.deposits.borders import assign_country, named_country
from geo_ree.deposits.fields import Account, Mask, as_text, clean_column, clean_numbers, nulls_of
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M, Layer
from geo_ree.settings import REGION

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
        classes = classes.mask(
            _stacked(raw, (latitude, longitude), names, rule.stacked), "named_place"
        )
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
    printed = [
        f"{v:.{_MOST_DIGITS}f}" if len(t) > _MOST_DIGITS else t
        for v, t in zip(values, (latitude, longitude), strict=True)
    ]
    digits = max(len(t.partition(".")[2].rstrip("0")) for t in printed)
    if digits <= 1:
        return "tenth_degree" if digits else "area"
    off_minute = np.abs(values / _MINUTE - np.round(values / _MINUTE)) * _MINUTE
    if digits >= 3 and (off_minute <= 0.6 * 10.0**-digits).all():
        return "arc_minute"
    return "hundredth_degree" if digits <= 3 else "arc_second"


POINT_LAYERS = ("deposits", "facilities")
"""Layers whose sources name a country, so that swapped coordinates can be told."""

_ON_GLOBE = np.array([-180.0, -90.0, 180.0, 90.0])
_GRACE_DEG = 1e-6


def locate_records(
    table: pd.DataFrame,
    upstream: Mapping[str, str],
    source: Source,
    spec: Layer,
    countries: gpd.GeoDataFrame | None,
    account: Account,
) -> gpd.GeoDataFrame:
    """Give the rows of a table that lie in the region, or nowhere, with their geometry.

    Parameters
    ----------
    table
        Rows with a geometry, or with columns for latitude and longitude.
    upstream
        Canonical column -> label in `table`.
    source, spec
        The catalogue entry and its layer.
    countries
        The canonical layer ``countries``, None for that layer itself: it is not cut.
    account
        Told of the rows left out; says whether those outside the region are kept.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows left, columns as in `table`, geometry in `STORE_CRS`.

    Raises
    ------
    SchemaError
        When a coordinate is no place on the globe, latitude and longitude are swapped, or the
        reference system is not known.
    """
    if isinstance(table, gpd.GeoDataFrame):
        table = _in_store_crs(table, source)
        bounds = table.geometry.bounds.to_numpy()
    else:
        bounds = _printed_bounds(table, upstream, source, spec)
    blank = np.isnan(bounds).all(axis=1)
    with np.errstate(invalid="ignore"):
        good = (
            (bounds[:, :2] >= _ON_GLOBE[:2] - _GRACE_DEG)
            & (bounds[:, 2:] <= _ON_GLOBE[2:] + _GRACE_DEG)
        ).all(axis=1)
    stay = _refuse_senseless(~blank & ~good, table, upstream, bounds, account)
    table, bounds, blank = table[stay], bounds[stay], blank[stay]
    nought = (bounds == 0.0).all(axis=1)
    if spec.geometry_required:
        stay = account.leave_out(nought, "place given as 0, 0")
        stay &= account.leave_out(blank, "without a place")
    else:
        account.note(nought, "place given as 0, 0")
        stay = np.ones(len(table), dtype=bool)
    bounds[nought] = np.nan
    table, bounds = table[stay], bounds[stay]
    outside = outside_region(bounds) & (not account.whole)
    if spec.name in POINT_LAYERS and countries is not None:
        lost = outside & _turned_into_region(bounds)
        swapped = find_swapped(table, bounds, lost, upstream, source, countries)
        stay = refuse_swapped(table, bounds, swapped, upstream, source, account)
        outside = outside & ~(swapped & stay)
        table, bounds, outside = table[stay], bounds[stay], outside[stay]
    if spec.name != "countries":
        stay = account.leave_out(outside, "outside the region")
        table, bounds = table[stay], bounds[stay]
    return _with_geometry(table, bounds)


def find_swapped(
    table: pd.DataFrame,
    bounds: Floats,
    suspect: Mask,
    upstream: Mapping[str, str],
    source: Source,
    countries: gpd.GeoDataFrame,
) -> Mask:
    """Find points that lie in the country their source names only when mirrored.

    A country that the layer holds in part only cannot say that a point is not in it, so it does
    not count here.

    Parameters
    ----------
    table, bounds
        Rows, and where they lie (degrees: west, south, east, north).
    suspect
        Rows that may be swapped.
    upstream, source
        Tell where the source names a country.
    countries
        The canonical layer ``countries``.

    Returns
    -------
    numpy.ndarray of bool
        Which rows are swapped.
    """
    swapped = np.zeros(len(table), dtype=bool)
    at = np.flatnonzero(suspect)
    words = country_words(table.iloc[at], upstream, source)
    named = named_country(words, countries)
    whole = named.isin(countries["country"][countries["complete"]]).to_numpy()
    at, words, named = at[whole], words[whole], named[whole]
    mirrored = gpd.GeoDataFrame(
        {"country_reported": words, "position_error_m": 0.0},
        geometry=shapely.points(bounds[at, 1], bounds[at, 0]),
        crs=STORE_CRS,
    )
    again = assign_country(mirrored, countries)
    swapped[at] = ((again["country"] == named) & again["country_note"].isna()).to_numpy()
    return swapped


def refuse_swapped(
    table: pd.DataFrame,
    bounds: Floats,
    swapped: Mask,
    upstream: Mapping[str, str],
    source: Source,
    account: Account,
) -> Mask:
    """Refuse points that are swapped, unless they are to be kept as printed.

    Parameters
    ----------
    table, bounds
        Rows, and where they lie (degrees: west, south, east, north).
    swapped
        From `find_swapped`.
    upstream, source
        Tell where the source names a country.
    account
        Told of the rows left out; says whether swapped ones are kept.

    Returns
    -------
    numpy.ndarray of bool
        Which rows stay.

    Raises
    ------
    SchemaError
        When a row is swapped and bad rows are neither kept nor skipped.
    """
    if account.keep_swapped or not swapped.any():
        return np.ones(len(table), dtype=bool)
    words = country_words(table, upstream, source)

    def tell(row: int) -> str:
        return (
            f"{account.place(table, row)}: latitude {bounds[row, 1]:g}, longitude "
            f"{bounds[row, 0]:g} is not in {words.iloc[row]}, but with the two swapped it is"
        )

    reason = "latitude and longitude swapped"
    return account.refuse(swapped, reason, tell, "swap them in the file")


def outside_region(bounds: Floats) -> Mask:
    """Tell which boxes do not touch the region; a box of NaN does not count as outside.

    Examples
    --------
    >>> outside_region(np.array([[76.0, 43, 76, 43], [-70, 43, -70, 43]])).tolist()
    [False, True]
    """
    west, south, east, north = REGION
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (bounds[:, 0] > east)
            | (bounds[:, 2] < west)
            | (bounds[:, 1] > north)
            | (bounds[:, 3] < south)
        )


def _turned_into_region(bounds: Floats) -> Mask:
    return ~np.isnan(bounds[:, 0]) & ~outside_region(bounds[:, [1, 0, 3, 2]])


def country_words(table: pd.DataFrame, upstream: Mapping[str, str], source: Source) -> pd.Series:
    """Words in which a source names the country of each row."""
    label = upstream.get("country_reported")
    if label is None:
        return pd.Series(source.constants.get("country_reported"), table.index, dtype=object)
    return clean_column(table[label], nulls_of(source, label))


def _in_store_crs(table: gpd.GeoDataFrame, source: Source) -> gpd.GeoDataFrame:
    stated = table.crs or source.reader.crs
    if not stated:
        raise SchemaError(
            f"{source.id}: the file states no reference system for its coordinates",
            "give it as reader.crs in the catalogue entry, for instance 'EPSG:4326'",
        )
    try:
        return table.set_crs(stated).to_crs(STORE_CRS)
    except (CRSError, ValueError) as error:
        raise SchemaError(
            f"{source.id}: the reference system {str(stated)[:60]!r} is not known",
            "correct reader.crs in the catalogue entry",
        ) from error


def _printed_bounds(
    table: pd.DataFrame, upstream: Mapping[str, str], source: Source, spec: Layer
) -> Floats:
    """Points as boxes without width; infinity where a text is no number, NaN where blank."""
    if not spec.geometry_required and not {"longitude", "latitude"} & set(upstream):
        return np.full((len(table), 4), np.nan)
    axes = []
    for name in ("longitude", "latitude"):
        if name not in upstream:
            raise SchemaError(
                f"{source.id}: nothing tells the {name} (the file has no geometry)",
                f"name its column as {name} under columns in the catalogue entry",
            )
        label = upstream[name]
        numbers, wrong = clean_numbers(table[label], nulls_of(source, label))
        axes.append(numbers.mask(wrong, np.inf).to_numpy())
    return np.column_stack([*axes, *axes])


def _refuse_senseless(
    bad: Mask, table: pd.DataFrame, upstream: Mapping[str, str], bounds: Floats, account: Account
) -> Mask:
    def tell(row: int) -> str:
        if isinstance(table, gpd.GeoDataFrame):
            what = f"the geometry ({', '.join(f'{v:g}' for v in bounds[row])} degrees)"
        else:
            latitude, longitude = (table[upstream[n]].iloc[row] for n in ("latitude", "longitude"))
            what = f"latitude {latitude!r}, longitude {longitude!r}"
        return (
            f"{account.place(table, row)}: {what} is no place on the globe "
            "(latitude -90 to 90, longitude -180 to 180, or both blank)"
        )

    hint = "correct the row, swap the two if they are interchanged"
    return account.refuse(bad, "coordinates that are no place on the globe", tell, hint)


def _with_geometry(table: pd.DataFrame, bounds: Floats) -> gpd.GeoDataFrame:
    known = ~np.isnan(bounds[:, 0])
    if isinstance(table, gpd.GeoDataFrame):
        return table.set_geometry(table.geometry.where(known, None))
    points = np.full(len(table), None, dtype=object)
    points[known] = shapely.points(bounds[known, 0], bounds[known, 1])
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, table.index, crs=STORE_CRS))

"""Where the records of a table are: on the globe, in the region, the right way round."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import SchemaError
from geo_ree.harmonize.account import Account, Mask
from geo_ree.harmonize.borders import assign_country, named_country
from geo_ree.harmonize.columns import nulls_of
from geo_ree.harmonize.values import clean_column, clean_numbers
from geo_ree.schema import Layer
from geo_ree.settings import REGION

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
            (bounds[:, 0] > east) | (bounds[:, 2] < west)
            | (bounds[:, 1] > north) | (bounds[:, 3] < south)
        )  # fmt: skip


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

    cure = "correct the row, swap the two if they are interchanged"
    return account.refuse(bad, "coordinates that are no place on the globe", tell, cure)


def _with_geometry(table: pd.DataFrame, bounds: Floats) -> gpd.GeoDataFrame:
    known = ~np.isnan(bounds[:, 0])
    if isinstance(table, gpd.GeoDataFrame):
        return table.set_geometry(table.geometry.where(known, None))
    points = np.full(len(table), None, dtype=object)
    points[known] = shapely.points(bounds[known, 0], bounds[known, 1])
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, table.index, crs=STORE_CRS))

"""Points in blocks of longitudes and latitudes: of geometries, of arrays, or of an Arrow column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo_ree.crs import STORE_CRS, Floats, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.arrow_points import ArrowColumn, open_column
from geo_ree.proximity.search.segments import refuse_places
from geo_ree.proximity.search.tree import in_slices

Frame: TypeAlias = gpd.GeoSeries | gpd.GeoDataFrame
Block: TypeAlias = tuple[Floats, Floats]
Blocks: TypeAlias = tuple[Iterator[Block], pd.Index | None]

BLOCK = 2**19
"""Points at a time: 50 MB of working memory."""


class ArrowStream(Protocol):
    """A table, a reader of batches or a chunked array of any library that speaks Arrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class ArrowArray(Protocol):
    """A record batch or an array of any library that speaks Arrow."""

    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...


Points: TypeAlias = Frame | ArrowStream | ArrowArray


def read_points(
    points: Points | None, x: ArrayLike | None, y: ArrayLike | None, crs: Any
) -> Blocks:
    """Return longitudes and latitudes in degrees, block by block, and the index of the points.

    Both are NaN where there is no point. The index is None for points that are only numbered. What is no
    place on the globe raises SchemaError when its block is read.
    """
    if (points is None) == (x is None and y is None) or (x is None) != (y is None):
        raise SchemaError(
            "the points are not given once",
            "give a frame or an Arrow table, or else both x= and y=",
        )
    if points is None:
        return _array_blocks(x, y, STORE_CRS if crs is None else crs)
    if isinstance(points, gpd.GeoSeries | gpd.GeoDataFrame):
        if crs is not None:
            raise SchemaError(
                "the points are a frame, which states its own reference system",
                "leave crs out, or set that of the frame with set_crs",
            )
        return _geometry_blocks(in_degrees(points, "the points"))
    if not (hasattr(points, "__arrow_c_stream__") or hasattr(points, "__arrow_c_array__")):
        raise SchemaError(
            f"the points are of the type {type(points).__name__}",
            "give a GeoSeries, a GeoDataFrame, an Arrow table with a point column, or x= and y=",
        )
    column = open_column(points)
    return _checked(column.blocks(BLOCK), _column_crs(column, crs), None), None


def in_degrees(frame: Frame, what: str) -> gpd.GeoSeries:
    """Return the geometries of a frame in degrees, the same ones where they are already."""
    series = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else frame
    if series.crs is not None and series.crs.equals(STORE_CRS, ignore_axis_order=True):
        return series
    return to_store(series.to_frame("geometry"), what=what).geometry


def _column_crs(column: ArrowColumn, crs: Any) -> Any:
    """Return the reference system of an Arrow column: its own, or the given one where it has none."""
    if column.crs is None and crs is None:
        raise SchemaError(
            f"{column.name} of the points has no coordinate reference system",
            f"state it, for instance with crs={STORE_CRS!r}",
        )
    if column.crs is None or crs is None:
        return crs if column.crs is None else column.crs
    own, given = _crs(column.crs), _crs(crs)
    if not own.equals(given, ignore_axis_order=True):
        raise SchemaError(
            f"{column.name} of the points is in {own.name}, and crs= says {given.name}",
            "leave crs out: the column states its own",
        )
    return own


def _crs(crs: Any) -> CRS:
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise SchemaError(
            f"{str(crs)[:60]!r} is no coordinate reference system ({' '.join(str(error).split())[:80]})",
            f"give one that PROJ knows, for instance {STORE_CRS!r}",
        ) from error


def _array_blocks(x: Any, y: Any, crs: Any) -> Blocks:
    """Return the blocks of two arrays; on the index of `x` where it is a Series."""
    index = x.index if isinstance(x, pd.Series) else None
    if index is not None and isinstance(y, pd.Series) and not index.equals(y.index):
        raise SchemaError("x and y have different indexes", "take both from one frame")
    lon, lat = _numbers(x, "x"), _numbers(y, "y")
    if len(lon) != len(lat):
        raise SchemaError(
            f"x has {len(lon)} values and y has {len(lat)}", "give one of each for a point"
        )
    raw = ((lon[at : at + BLOCK], lat[at : at + BLOCK]) for at in range(0, len(lon), BLOCK))
    return _checked(raw, crs, index), index


def _numbers(values: Any, name: str) -> Floats:
    """Return an array as float64, NaN for what is missing; no copy of what is float64 already."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    series = isinstance(values, pd.Series | pd.Index | pd.api.extensions.ExtensionArray)
    try:
        got = values.to_numpy(np.float64, na_value=np.nan) if series else np.asarray(values)
        if got.dtype.kind not in "iufO":
            raise TypeError(got.dtype)
        out: Floats = got.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        column = pd.Series(np.asarray(values, dtype=object).ravel())
        bad = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
        where = f" (row {bad.index[0] + 1}: {str(bad.iloc[0])[:60]!r})" if len(bad) else ""
        raise SchemaError(f"{name} is not numeric{where}", "give numbers, NaN for none") from error
    if out.ndim != 1:
        raise SchemaError(
            f"{name} has {out.ndim} dimensions, expected 1",
            f"give a list or an array, as {name}=[76.1]",
        )
    return out


def _checked(raw: Iterable[Block], crs: Any, labels: pd.Index | None) -> Iterator[Block]:
    """Turn blocks of coordinates into degrees, and refuse what is not on the globe."""
    system, begin = _crs(crs), 0
    turn = None
    if not system.equals(STORE_CRS, ignore_axis_order=True):
        turn = Transformer.from_crs(system, STORE_CRS, always_xy=True)
    for x, y in raw:
        known = np.flatnonzero(~(np.isnan(x) & np.isnan(y)))
        lon, lat = x[known], y[known]
        if turn is not None:
            lon, lat = turn.transform(lon, lat)
        refuse_places(lon, lat, begin + known, labels, "the points")
        begin += len(x)
        if turn is None:
            yield x, y
            continue
        whole = np.full(len(x), np.nan), np.full(len(x), np.nan)
        whole[0][known], whole[1][known] = lon, lat
        yield whole


def _geometry_blocks(series: gpd.GeoSeries) -> Blocks:
    points = series.to_numpy()
    raw = (
        _coordinates(points, slice(begin, begin + BLOCK)) for begin in range(0, len(points), BLOCK)
    )
    return _checked(raw, STORE_CRS, series.index), series.index


def _coordinates(points: NDArray[np.object_], at: slice) -> Block:
    """Return longitudes and latitudes of some points, NaN for what is empty or missing."""
    some = points[at]
    x, y = np.empty(len(some)), np.empty(len(some))

    def read(begin: int, end: int) -> None:
        few = some[begin:end]
        try:
            shapely.get_x(few, out=x[begin:end])
        except shapely.errors.GEOSException:  # one of them is empty
            few = few.copy()
            few[shapely.is_empty(few)] = None
            shapely.get_x(few, out=x[begin:end])
        shapely.get_y(few, out=y[begin:end])

    in_slices(len(some), read)
    odd = np.flatnonzero(np.isnan(x))
    odd = odd[(shapely.get_type_id(some[odd]) > 0) & ~shapely.is_empty(some[odd])]
    if len(odd):
        raise SchemaError(
            f"row {at.start + odd[0] + 1} of the points is a {some[odd[0]].geom_type}",
            "give points, for example with .representative_point()",
        )
    return x, y

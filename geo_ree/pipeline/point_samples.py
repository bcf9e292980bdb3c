"""What rasters and polygons have at points: values, lithology, age, and the distance to the contact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.catalog import Source
from geo_ree.crs import STORE_CRS, Floats, to_store
from geo_ree.errors import SchemaError, SettingsError, suggest_words
from geo_ree.fetching import read
from geo_ree.proximity import nearest
from geo_ree.reading.raster_band import Method, RasterBand, is_raster

_EQUAL_AREA = "EPSG:6933"
_ADDED = ("polygons", "contact_km", "outside_km")


def sample(
    points: gpd.GeoDataFrame,
    raster_or_polygons: gpd.GeoDataFrame | Path | str,
    *,
    columns: Sequence[str] | str | None = None,
    band: int = 1,
    method: Method = "nearest",
    crs: str = "",
    prefix: str = "",
) -> gpd.GeoDataFrame:
    """Add to points what a raster or a layer of polygons has there.

    Parameters
    ----------
    points
        Points in any reference system, with any columns.
    raster_or_polygons
        A raster file (GeoTIFF, Surfer or Esri ASCII grid), or polygons: a frame, or a file that
        geo_ree reads (GeoPackage, shapefile, GeoJSON, KML, ...); in any reference system.
    columns
        Of polygons: the columns to add, by default all. Of a raster: the name of its column, by
        default that of the file.
    band, method
        Of a raster: the band, counted from 1, and ``"nearest"`` or ``"bilinear"``.
    crs
        Reference system of a raster that states none.
    prefix
        Before the name of each added column.

    Returns
    -------
    geopandas.GeoDataFrame
        `points` with more columns. From a raster: its value with scale and offset applied, NaN
        outside and where it has no data. From polygons: the columns of the polygon that holds the
        point, of several the smallest; ``polygons``, how many hold it; ``contact_km``, the geodesic
        distance to the boundary of that polygon, NaN outside all; ``outside_km``, the distance to
        the nearest polygon, 0 within one. A boundary counts as within; it may be the edge of the map.

    Raises
    ------
    SettingsError
        When a column is not there, or `points` has one of the name already.
    SchemaError
        When a geometry is no point or no polygon, a reference system is missing, or the file cannot be
        read.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame({"site": ["A"]}, geometry=[shapely.Point(76.5, 42.5)], crs=4326)
    >>> granite = gpd.GeoDataFrame({"lithology": ["granite"], "age": ["Devonian"]},
    ...                            geometry=[shapely.box(76, 42, 77, 43)], crs=4326)
    >>> sample(sites, granite).drop(columns="geometry").round(1).to_dict("records")
    [{'site': 'A', 'lithology': 'granite', 'age': 'Devonian', 'polygons': 1, 'contact_km': 41.1, \
'outside_km': 0.0}]
    """
    at = _places(points)
    if isinstance(raster_or_polygons, gpd.GeoDataFrame):
        added = _polygons_at(at, raster_or_polygons, "the polygons", columns)
    elif is_raster(Path(raster_or_polygons)):
        path = Path(raster_or_polygons)
        names = [path.stem] if columns is None else _listed(columns)
        if len(names) != 1:
            raise SettingsError(f"a raster gives one column, not {len(names)}", "give one name")
        values = np.full(len(at), np.nan)
        known = _has_place(at)
        raster = RasterBand(str(path), band, method, crs)
        values[known] = raster.read(at.geometry[known].x, at.geometry[known].y)
        added = pd.DataFrame({names[0]: values})
    else:
        path = Path(raster_or_polygons)
        added = _polygons_at(at, _read_polygons(path), path.name, columns)
    added = added.add_prefix(prefix)
    twice = [c for c in added.columns if c in points.columns]
    if twice:
        raise SettingsError(
            f"the points have a column {', '.join(twice)} already",
            'give a prefix, for instance "map_"',
        )
    return points.assign(**{str(name): added[name].array for name in added})


def _listed(columns: Sequence[str] | str) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)


def _places(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The points alone, in degrees, on their positions."""
    if not isinstance(points, gpd.GeoDataFrame) or points.active_geometry_name is None:
        raise SchemaError("the points are no GeoDataFrame", "give one with a geometry of points")
    out = gpd.GeoDataFrame(geometry=to_store(points, what="the points").geometry.array)
    out = out.set_crs(STORE_CRS, allow_override=True)
    wrong = np.flatnonzero(_has_place(out) & (out.geom_type != "Point").to_numpy())
    if len(wrong):
        raise SchemaError(
            f"row {points.index[wrong[0]]!r} of the points is a {out.geom_type[wrong[0]]}",
            "give points, for instance with representative_point()",
        )
    return out


def _has_place(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    shapes = frame.geometry.to_numpy()
    return ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _read_polygons(path: Path) -> gpd.GeoDataFrame:
    source = Source(
        id="own_polygons",
        title="polygons of yours",
        publisher="provided by you",
        country="as provided",
        label=path.name,
        layer="water",
        protocol="local",
        licence="not stated: provided by you",
        attribution="provided by you",
        edition="as provided",
        coverage=("none",),
    )
    if not path.exists():
        raise SchemaError(f"{path} does not exist", "check the path")
    table = read(source, path)
    if not isinstance(table, gpd.GeoDataFrame):
        raise SchemaError(f"{path.name} has no geometries", "give a layer of polygons, or a raster")
    return table


def _polygons_at(
    at: gpd.GeoDataFrame,
    polygons: gpd.GeoDataFrame,
    where: str,
    columns: Sequence[str] | str | None,
) -> pd.DataFrame:
    polygons = to_store(polygons, what=where).reset_index(drop=True)
    polygons = polygons[_has_place(polygons)]
    rest = [str(c) for c in polygons.columns if c != polygons.active_geometry_name]
    names = rest if columns is None else _listed(columns)
    for name in names:
        if name not in rest:
            hint = suggest_words(name, rest) or f"use some of {', '.join(rest) or 'none'}"
            raise SettingsError(f"{where}: there is no column {name!r}", hint)
    clash = [c for c in names if c in _ADDED]
    if clash:
        raise SettingsError(
            f"{where}: {', '.join(clash)} is the name of what is measured", "rename that column"
        )
    if polygons.empty or not (shapely.get_dimensions(polygons.geometry.to_numpy()) == 2).all():
        raise SchemaError(f"{where} has geometries that are no polygons, or none", "give polygons")
    shapes = polygons.geometry.make_valid()
    holder, count = _holders(at, shapes)
    out = polygons[names].iloc[np.maximum(holder, 0)].reset_index(drop=True)
    out = out.mask(pd.Series(holder < 0))
    known = _has_place(at)
    outside = np.full(len(at), np.nan)
    outside[known] = nearest(at[known], polygons.set_geometry(shapes))["distance_m"] / 1000.0
    outside[holder >= 0] = 0.0
    return pd.DataFrame(out).assign(
        polygons=pd.array(np.where(known, count, 0), "Int64"),
        contact_km=_contact_km(at, shapes, holder),
        outside_km=outside,
    )


def _holders(
    at: gpd.GeoDataFrame, shapes: gpd.GeoSeries
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position of the smallest polygon that holds each point, -1 for none; and how many hold it."""
    polygon, point = shapely.STRtree(at.geometry.to_numpy()).query(
        shapes.to_numpy(), predicate="intersects"
    )
    size = shapes.to_crs(_EQUAL_AREA).area.to_numpy()
    order = np.argsort(-size[polygon], kind="stable")  # the smallest is written last
    holder = np.full(len(at), -1, dtype=np.int64)
    for place, i in zip(point[order].tolist(), polygon[order].tolist(), strict=True):
        holder[place] = i
    return holder, np.bincount(point, minlength=len(at)).astype(np.int64)


def _contact_km(at: gpd.GeoDataFrame, shapes: gpd.GeoSeries, holder: NDArray[np.int64]) -> Floats:
    """Geodesic distance from each point to the boundary of the polygon that holds it."""
    out = np.full(len(at), np.nan)
    for i in np.unique(holder[holder >= 0]):
        rows = np.flatnonzero(holder == i)
        line = gpd.GeoSeries([shapes.iloc[i].boundary], crs=shapes.crs)
        out[rows] = nearest(at.iloc[rows], line.to_frame("geometry"))["distance_m"] / 1000.0
    return out

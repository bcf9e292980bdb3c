"""Which country a feature lies in, and lines cut where they cross a border."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import GEOD, Floats, distance_m
from geo_ree.deposits.vocabulary import country_code, without_doubt

BORDER_TOLERANCE_KM = 5.0
"""A point this close to the country that its source names may lie in it after all (judgement:
1:10m borders and Soviet-era coordinates are each off by kilometres)."""

_LONG_EDGE_DEG = 0.3
_STEP_M = 20_000.0
_SLIVER_DEG = 1e-9


def assign_country(points: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Country of each point, with the disagreement told where there is one.

    A point belongs to the polygon it lies in. Where the source names another country and the
    border with it is within the point's own error (at least `BORDER_TOLERANCE_KM`), the
    position cannot decide and the source's word stands.

    Parameters
    ----------
    points
        Points in EPSG:4326 with ``country_reported`` and ``position_error_m``.
    countries
        The canonical layer ``countries``.

    Returns
    -------
    pandas.DataFrame
        On the index of `points`: ``country`` (ISO alpha-3 or None) and ``country_note``.

    Examples
    --------
    >>> box = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                        geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> mine = gpd.GeoDataFrame({"country_reported": ["Kazakhstan"], "position_error_m": [2000.0]},
    ...                         geometry=[shapely.Point(66, 48)], crs=4326)
    >>> assign_country(mine, box)["country"].tolist()
    ['KAZ']
    """
    geometry = points.geometry.to_numpy()
    shapes = countries.geometry.to_numpy()
    codes = countries["country"].astype(object).to_numpy()
    named_as = named_country(points["country_reported"], countries)
    inside = countries_at(geometry, shapes)
    rows: list[tuple[str | None, str | None]] = []
    errors = pd.to_numeric(points["position_error_m"], errors="coerce").fillna(0.0).to_numpy()
    for i, (point, named) in enumerate(zip(geometry, named_as, strict=True)):
        found = str(codes[inside[i]]) if inside[i] >= 0 else None
        if point is None or point.is_empty:
            rows.append((named, None))
        elif named is None or named == found:
            rows.append((found, None))
        else:
            gap = gap_km(point, shapes[np.flatnonzero(codes == named)])
            rows.append(_judge(found, named, gap, errors[i] / 1000.0))
    names = ["country", "country_note"]
    return pd.DataFrame(rows, index=points.index, columns=names, dtype=object)


def named_country(words: pd.Series, countries: gpd.GeoDataFrame) -> pd.Series:
    """ISO alpha-3 of the countries that a source names, None for those not in the layer.

    Old names, other spellings, codes and doubted words (``Russian Federation(?)``) are understood.

    Examples
    --------
    >>> box = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                        geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> named_country(pd.Series(["Kazakstan", "KZ", "Chile", "USSR", None]), box).tolist()
    ['KAZ', 'KAZ', None, None, None]
    """
    known = {
        str(n).casefold(): str(c)
        for n, c in zip(countries["name"], countries["country"], strict=True)
    }
    codes = set(known.values())
    texts = [without_doubt(w.strip()) if isinstance(w, str) else "" for w in words.astype(object)]
    found = {t: known.get(t.casefold()) or country_code(t) for t in set(texts)}
    named = [found[t] if found[t] in codes else None for t in texts]
    return pd.Series(named, index=words.index, dtype=object)


def _judge(found: str | None, named: str, gap_km: float, error_km: float) -> tuple[str | None, str]:
    place = f"in {found}" if found else "in no country's polygon"
    told = f"the point lies {place}, {gap_km:.1f} km from {named}, which the source names"
    if gap_km <= max(error_km, BORDER_TOLERANCE_KM):
        return named, f"{told}; within the doubt about the border, so {named} is kept"
    return found, told


def countries_at(geometry: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Position of the shape that each point lies in, -1 where it lies in none.

    Examples
    --------
    >>> countries_at(shapely.points([[1, 1], [9, 9]]), np.array([shapely.box(0, 0, 2, 2)])).tolist()
    [0, -1]
    """
    out = np.full(len(geometry), -1)
    # The shapes ask, not the points: only what asks is prepared, and the shapes are intricate.
    shape, point = shapely.STRtree(geometry).query(shapes, predicate="intersects")
    out[point[::-1]] = shape[::-1]
    return out


def gap_km(point: shapely.Point, shapes: np.ndarray) -> float:
    """Kilometres from a point to the nearest of some shapes, infinite where there are none.

    Examples
    --------
    >>> round(gap_km(shapely.Point(1, 3), np.array([shapely.box(0, 0, 2, 2)])))
    111
    """
    if not len(shapes):
        return float("inf")
    nearest = shapes[int(np.argmin(shapely.distance(shapes, point)))]
    foot = shapely.shortest_line(nearest, point)
    (x, y), *_, (u, v) = foot.coords
    return float(distance_m([x], [y], [u], [v])[0]) / 1000.0


def split_at_borders(lines: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut lines where they cross a border, so that each piece has one country.

    Edges longer than about 30 km get vertices every 20 km along their geodesic first: the cut
    is then on the true course, and no distance changes.

    Parameters
    ----------
    lines
        Lines in EPSG:4326 with unique ``id``.
    countries
        The canonical layer ``countries``.

    Returns
    -------
    geopandas.GeoDataFrame
        The pieces, ``country`` filled (None beyond all polygons), ids of cut lines with
        ``/1``, ``/2``, … behind them.

    Examples
    --------
    >>> pair = gpd.GeoDataFrame({"country": ["KAZ", "KGZ"]}, crs=4326,
    ...                         geometry=[shapely.box(70, 43, 80, 50), shapely.box(70, 39, 80, 43)])
    >>> rail = gpd.GeoDataFrame({"id": ["x:1"]}, geometry=[shapely.LineString([(75, 42), (75, 44)])],
    ...                         crs=4326)
    >>> split_at_borders(rail, pair)["country"].tolist()
    ['KAZ', 'KGZ']
    """
    geometry = lines.geometry.to_numpy()
    shapes = countries.geometry.to_numpy()
    codes = countries["country"].astype(object).to_numpy()
    shape, line = shapely.STRtree(geometry).query(shapes, predicate="contains")
    whole = np.full(len(lines), -1)
    whole[line] = shape
    straddling = np.flatnonzero(whole < 0)
    kept = lines.iloc[whole >= 0].copy()
    kept["country"] = codes[whole[whole >= 0]]
    if not len(straddling):
        return kept
    dense = np.array([_densify(g) for g in geometry[straddling]], dtype=object)
    pieces = _pieces(dense, shapes, codes)
    cut = lines.iloc[straddling[pieces["line"].to_numpy()]].copy()
    cut["country"] = pieces["country"].to_numpy()
    cut["id"] = cut["id"] + pieces["suffix"].to_numpy()
    cut = cut.set_geometry(
        gpd.GeoSeries(pieces["geometry"].to_numpy(), index=cut.index, crs=lines.crs)
    )
    return pd.concat([kept, cut]).reset_index(drop=True)


def _pieces(dense: np.ndarray, shapes: np.ndarray, codes: np.ndarray) -> pd.DataFrame:
    shape, line = shapely.STRtree(dense).query(shapes, predicate="intersects")
    parts = shapely.intersection(dense[line], shapes[shape])
    rows = [
        (i, codes[s], part)
        for i, s, whole in zip(line, shape, parts, strict=True)
        for part in _lines_of(whole)
    ]
    inside = np.bincount(line, weights=shapely.length(parts), minlength=len(dense))
    for i in np.flatnonzero(shapely.length(dense) - inside > _SLIVER_DEG):
        rest = dense[i]
        for polygon in shapes[shape[line == i]]:
            rest = shapely.difference(rest, polygon)
        rows += [(i, None, part) for part in _lines_of(rest)]
    rows.sort(key=lambda r: (r[0], str(r[1])))
    out = pd.DataFrame(rows, columns=["line", "country", "geometry"])
    count = out.groupby("line")["line"].transform("size")
    number = out.groupby("line").cumcount() + 1
    out["suffix"] = np.where(count > 1, "/" + number.astype(str), "")
    return out


def _lines_of(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "LineString" and p.length > 0]
    return parts


def _densify(geometry: shapely.Geometry) -> shapely.Geometry:
    lines = [p for p in shapely.get_parts(geometry) if p.geom_type == "LineString"]
    return shapely.MultiLineString([_dense_coordinates(shapely.get_coordinates(p)) for p in lines])


def _dense_coordinates(xy: Floats) -> Floats:
    out: list[Floats] = [xy[:1]]
    for a, b in pairwise(xy):
        if np.abs(b - a).max() > _LONG_EDGE_DEG:
            length = float(distance_m([a[0]], [a[1]], [b[0]], [b[1]])[0])
            count = int(length // _STEP_M)
            if count:
                out.append(np.asarray(GEOD.npts(a[0], a[1], b[0], b[1], count), dtype=np.float64))
        out.append(b[None, :])
    return np.vstack(out)

"""The country of each feature, and lines cut where they cross a border."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import GEOD, Floats, distance_m
from geo_ree.deposits.vocabulary import country_code, strip_question_mark

BORDER_TOLERANCE_KM = 5.0
"""A point this close to the country that its source names may lie in it after all (judgement:
Soviet-era coordinates are off by kilometres, and so are borders from other maps than the package's)."""

_LONG_EDGE_DEG = 0.3
_STEP_M = 20_000.0
_SLIVER_DEG = 1e-9


def assign_country(points: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Assign a country to each point, and note where the source names another one.

    A point belongs to the polygon that contains it. If the source names another country whose
    border is within the position error (at least `BORDER_TOLERANCE_KM`), the position cannot
    decide and the source's country is kept.

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
    words = points["country_reported"]
    named = parse_country(words, countries).to_numpy(dtype=object)
    abroad = name_country(words).mask(pd.notna(named)).to_numpy(dtype=object)
    containing = locate_points(geometry, shapes)
    found = codes[containing]
    found[containing < 0] = None
    blank = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    country = np.where(blank, named, found)
    notes = np.full(len(points), None, dtype=object)
    errors = pd.to_numeric(points["position_error_m"], errors="coerce").fillna(0.0).to_numpy()
    differs = ~blank & pd.notna(named) & (named != found)
    for i in np.flatnonzero(differs):
        gap = gap_km(geometry[i], shapes[codes == named[i]])
        where = f"in {found[i]}" if found[i] else "in no country's polygon"
        note = f"the point lies {where}, {gap:.1f} km from {named[i]}, which the source names"
        if gap <= max(errors[i] / 1000.0, BORDER_TOLERANCE_KM):
            country[i] = named[i]
            note = f"{note}; within the uncertainty of the border, so {named[i]} is kept"
        notes[i] = note
    for i in np.flatnonzero(~blank & pd.notna(abroad) & pd.notna(found)):
        notes[i] = f"the point lies in {found[i]}, and the source names {abroad[i]}"
    out = {"country": country, "country_note": notes}
    return pd.DataFrame(out, index=points.index, dtype=object)


def parse_country(words: pd.Series, countries: gpd.GeoDataFrame) -> pd.Series:
    """Return the ISO alpha-3 codes of the countries that a source names.

    Old names, other spellings, codes and words with a question mark are recognised. The code is
    None for a country outside the layer ``countries``.
    """
    if words.isna().all():
        return pd.Series([None] * len(words), index=words.index, dtype=object)
    known = {
        str(name).casefold(): str(code)
        for name, code in zip(countries["name"], countries["country"], strict=True)
    }
    codes = set(known.values())
    parsed: dict[str, str | None] = {}
    for word in words.dropna().unique():
        text = strip_question_mark(word.strip()) if isinstance(word, str) else ""
        code = known.get(text.casefold()) or country_code(text)
        parsed[word] = code if code in codes else None
    return pd.Series([parsed.get(w) for w in words], index=words.index, dtype=object)


def name_country(words: pd.Series) -> pd.Series:
    """Return the ISO alpha-3 codes of any countries of the world, or states of the US, that are named.

    The code is None for a word that is unknown or names no single present-day country.

    Examples
    --------
    >>> name_country(pd.Series(["Chile", "Wisconsin", "USSR"])).fillna("").tolist()
    ['CHL', 'USA', '']
    """
    codes = {w: country_code(w) or None for w in words.dropna().unique() if isinstance(w, str)}
    return pd.Series([codes.get(w) for w in words], index=words.index, dtype=object)


def locate_points(points: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Return the position of the shape that contains each point, -1 for none.

    Shapely prepares the geometries that query, so the intricate shapes query the points.
    """
    out = np.full(len(points), -1)
    shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    out[point[::-1]] = shape[::-1]
    return out


def gap_km(point: shapely.Point, shapes: np.ndarray) -> float:
    """Return the distance from a point to the nearest shape, infinity if there are none."""
    if not len(shapes):
        return float("inf")
    nearest = shapes[int(np.argmin(shapely.distance(shapes, point)))]
    (x, y), *_, (u, v) = shapely.shortest_line(nearest, point).coords
    return float(distance_m([x], [y], [u], [v])[0]) / 1000.0


def split_at_borders(lines: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut lines where they cross a border, so that each piece lies in one country.

    Edges longer than about 30 km first get vertices every 20 km along their geodesic, so that the
    cut lies on the true course and no distance changes.

    Parameters
    ----------
    lines
        Lines in EPSG:4326 with a unique ``id``.
    countries
        The canonical layer ``countries``.

    Returns
    -------
    geopandas.GeoDataFrame
        The pieces, with ``country`` (None outside all polygons); ``/1``, ``/2``, … is appended to
        the ids of lines that were cut.

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
    containing = np.full(len(lines), -1)
    containing[line] = shape
    crossing = np.flatnonzero(containing < 0)
    kept = lines.iloc[containing >= 0].copy()
    kept["country"] = codes[containing[containing >= 0]]
    if not len(crossing):
        return kept
    dense = np.array([_densify(g) for g in geometry[crossing]], dtype=object)
    pieces = _cut(dense, shapes, codes)
    cut = lines.iloc[crossing[pieces["line"].to_numpy()]].copy()
    cut["country"] = pieces["country"].to_numpy()
    cut["id"] = cut["id"] + pieces["suffix"].to_numpy()
    cut = cut.set_geometry(
        gpd.GeoSeries(pieces["geometry"].to_numpy(), index=cut.index, crs=lines.crs)
    )
    return pd.concat([kept, cut]).reset_index(drop=True)


def _cut(dense: np.ndarray, shapes: np.ndarray, codes: np.ndarray) -> pd.DataFrame:
    """Cut each line by the polygons: a row per piece, those outside all polygons included."""
    shape, line = shapely.STRtree(dense).query(shapes, predicate="intersects")
    parts = shapely.intersection(dense[line], shapes[shape])
    rows = [
        (i, codes[s], part)
        for i, s, whole in zip(line, shape, parts, strict=True)
        for part in _line_parts(whole)
    ]
    inside = np.bincount(line, weights=shapely.length(parts), minlength=len(dense))
    for i in np.flatnonzero(shapely.length(dense) - inside > _SLIVER_DEG):
        rest = dense[i]
        for polygon in shapes[shape[line == i]]:
            rest = shapely.difference(rest, polygon)
        rows += [(i, None, part) for part in _line_parts(rest)]
    rows.sort(key=lambda r: (r[0], str(r[1])))
    out = pd.DataFrame(rows, columns=["line", "country", "geometry"])
    count = out.groupby("line")["line"].transform("size")
    number = out.groupby("line").cumcount() + 1
    out["suffix"] = np.where(count > 1, "/" + number.astype(str), "")
    return out


def _line_parts(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    parts = shapely.get_parts(geometry)
    return [p for p in parts if p.geom_type == "LineString" and p.length > 0]


def _densify(geometry: shapely.Geometry) -> shapely.Geometry:
    """Add vertices to long edges along their geodesic."""
    lines = []
    for part in (p for p in shapely.get_parts(geometry) if p.geom_type == "LineString"):
        xy = shapely.get_coordinates(part)
        long = np.abs(np.diff(xy, axis=0)).max(axis=1) > _LONG_EDGE_DEG
        out: list[Floats] = []
        start = 0
        for i in np.flatnonzero(long).tolist():
            a, b = xy[i], xy[i + 1]
            length = float(distance_m([a[0]], [a[1]], [b[0]], [b[1]])[0])
            count = int(length // _STEP_M)
            if count:
                between = GEOD.npts(a[0], a[1], b[0], b[1], count)
                out += [xy[start : i + 1], np.asarray(between, dtype=np.float64)]
                start = i + 1
        out.append(xy[start:])
        lines.append(np.vstack(out))
    return shapely.MultiLineString(lines)

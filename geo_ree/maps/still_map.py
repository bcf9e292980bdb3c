"""A small map as SVG, for paper and for readers without JavaScript: countries, lakes, railways, ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.maps.packing import plain, safe_html
from geo_ree.maps.style import score_colour
from geo_ree.settings import REGION, Box

WIDE = 1_000
_HIGH = (420, 620)
_DRAWN = 60
"""Marks with a number, the best ranks first; a map of thousands would be a stain."""
_EMPHASIZED = 5
_RADIUS = (19.0, 15.0)
_LETTER, _GRID, _FAR = 14.0, 10.0, 60.0
_BESIDE_DEG = 1.5
_LEAST_DEG = 20.0
_SMALL = ' class="small"'
_GREY, _DARK_SCORE = "#9aa3ad", 30.0
_TOLERANCE = 0.9
_LEAST_AREA = 12.0
_LEAST_LINE = 14.0
_STEPS = 400
_CLOSE_ENOUGH = 0.01

Points = NDArray[np.float64]


def still_map(
    scores: pd.DataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    shown: Sequence[str] = (),
    label: str,
    region: Box = REGION,
) -> str:
    """Draw the ranked candidates over countries, lakes and railways.

    Parameters
    ----------
    scores
        Columns ``id``, ``name``, ``role``, ``rank_in_role``, ``score``, ``longitude``, ``latitude``.
    layers
        Canonical layers; ``countries`` is required, ``water`` and ``railways`` are drawn if there.
    shown
        Countries that stand out.
    label
        What a screen reader says of the picture.
    region
        West, south, east, north; the map shows what the marks need of it.

    Returns
    -------
    str
        An ``svg`` element without styles of its own: its parts have classes. A mark whose
        place is crowded stands aside, a line leads to its place.

    Examples
    --------
    >>> land = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                         geometry=[shapely.box(50, 42, 85, 55)], crs=4326)
    >>> rows = pd.DataFrame({"id": ["a"], "name": ["A & B"], "role": ["candidate"], "rank_in_role": [1],
    ...                      "score": [50.0], "latitude": [45.0], "longitude": [70.0]})
    >>> drawn = still_map(rows, {"countries": land}, label="Map")
    >>> drawn.count("<circle"), "<title>A &amp; B</title>" in drawn
    (1, True)
    """
    marks = _marks(scores)
    frame = _Frame(_view(marks, layers["countries"], shown, region))
    land, home = _countries(layers["countries"], frame, shown)
    parts = [
        land,
        _lakes(layers.get("water"), frame),
        _railways(layers.get("railways"), frame, home),
        _names(layers["countries"], frame, shown, marks),
        _symbols(marks, frame),
    ]
    return (
        f'<svg class="still" viewBox="0 0 {WIDE} {frame.high}" role="img" '
        f'aria-label="{safe_html(label)}" data-t-label="board_map">{"".join(parts)}</svg>'
    )


def numbered(scores: pd.DataFrame) -> list[tuple[int, int, str]]:
    """Row, number and name of each mark of the map, the best rank first.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": ["a"], "name": ["A"], "role": ["candidate"], "rank_in_role": [1],
    ...                      "latitude": [45.0], "longitude": [70.0]})
    >>> numbered(rows)
    [(0, 1, 'A')]
    """
    rows = _marks(scores).to_dict("records")
    return [
        (int(row["row"]), int(row["rank_in_role"]), str(plain(row.get("name")) or row["id"]))
        for row in rows
    ]


class _Frame:
    """Web Mercator, scaled to the picture."""

    def __init__(self, view: Box) -> None:
        self.view = view
        self._west, self._top = view[0], float(_mercator(view[3]))
        self._scale = WIDE / (view[2] - view[0])
        self.high = round((self._top - float(_mercator(view[1]))) * self._scale)

    def place(self, xy: Points) -> Points:
        """Give picture coordinates of longitudes and latitudes, shape (n, 2)."""
        x = (xy[:, 0] - self._west) * self._scale
        return np.column_stack([x, (self._top - _mercator(xy[:, 1])) * self._scale])

    def clip(self, layer: gpd.GeoDataFrame) -> NDArray[np.object_]:
        """Cut a layer at the edge of the picture, in its coordinates."""
        inside = shapely.clip_by_rect(layer.geometry.to_numpy(), *self.view)
        return np.asarray(shapely.transform(inside, self.place), dtype=object)


def _mercator(lat: float | Points) -> Points:
    radians = np.radians(np.asarray(lat, dtype=np.float64))
    return np.degrees(np.arctanh(np.sin(radians)))


def _marks(scores: pd.DataFrame) -> pd.DataFrame:
    """The candidates with a rank and a place, the best first."""
    needed = ("role", "rank_in_role", "longitude", "latitude")
    if not set(needed) <= set(scores.columns):
        return pd.DataFrame(columns=["id", "name", "rank_in_role", "score", *needed[2:]])
    ranked = scores.assign(row=range(len(scores)))
    ranked = ranked[(ranked["role"] == "candidate") & ranked["rank_in_role"].notna()]
    ranked = ranked[ranked["longitude"].notna() & ranked["latitude"].notna()]
    names = [n for n in ("id", "name", "score", *needed[1:], "row") if n in ranked]
    return pd.DataFrame(ranked[names]).sort_values("rank_in_role", kind="stable").head(_DRAWN)


def _view(
    marks: pd.DataFrame, countries: gpd.GeoDataFrame, shown: Sequence[str], region: Box
) -> Box:
    """The countries that stand out and the marks, within the region, in the proportions of a page."""
    home = countries.geometry[countries["country"].isin(list(shown))]
    places = shapely.points(marks[["longitude", "latitude"]].to_numpy(dtype=np.float64))
    seen = shapely.union_all([*home.envelope, *places])
    edges = np.array(region if shapely.is_empty(seen) else shapely.bounds(seen))
    west, south, east, north = edges + _BESIDE_DEG * np.array([-1, -1, 1, 1])
    more = max(0.0, _LEAST_DEG - (east - west)) / 2
    west, south = max(west - more, region[0]), max(south, region[1], -84.0)
    east, north = min(east + more, region[2]), min(north, region[3], 84.0)
    top, bottom = float(_mercator(north)), float(_mercator(south))
    low, high = (part / WIDE * (east - west) for part in _HIGH)
    middle, half = (top + bottom) / 2, min(max(top - bottom, low), high) / 2
    south, north = (
        float(np.degrees(np.arctan(np.sinh(np.radians(m))))) for m in (middle - half, middle + half)
    )
    return (float(west), south, float(east), north)


def _path(geometry: NDArray[np.object_], *, closed: bool) -> str:
    """Write lines or rings with whole coordinates, each point as the step from the one before."""
    out = []
    for line in geometry:
        points = np.rint(shapely.get_coordinates(line)).astype(int)
        steps = np.diff(points, axis=0)
        steps = steps[(steps != 0).any(axis=1)]
        if len(steps):
            words = " ".join(f"{x} {y}" for x, y in steps.tolist())
            out.append(f"M{points[0][0]} {points[0][1]}l{words}{'z' if closed else ''}")
    return "".join(out).replace(" -", "-")


def _polygons(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > _LEAST_AREA)]


def _countries(
    countries: gpd.GeoDataFrame, frame: _Frame, shown: Sequence[str]
) -> tuple[str, shapely.Geometry]:
    """Draw the countries; give also the area of those that stand out."""
    shapes = shapely.make_valid(frame.clip(countries))
    areas = [shapely.multipolygons(_polygons(np.array([s]))) for s in shapes]
    simple = shapely.coverage_simplify(np.array(areas, dtype=object), _TOLERANCE)
    out = [f'<rect class="sea" width="{WIDE}" height="{frame.high}"/>']
    for code, shape in zip(countries["country"], simple, strict=True):
        path = _path(shapely.get_exterior_ring(_polygons(np.array([shape]))), closed=True)
        if path:
            out.append(f'<path class="{"land" if code in shown else "beyond"}" d="{path}"/>')
    home = [
        shape for code, shape in zip(countries["country"], simple, strict=True) if code in shown
    ]
    return "".join(out), shapely.union_all(home)


def _lakes(water: gpd.GeoDataFrame | None, frame: _Frame) -> str:
    if water is None or water.empty:
        return ""
    found = _polygons(frame.clip(water))
    simple = shapely.simplify(found[shapely.area(found) > 2 * _LEAST_AREA], _TOLERANCE)
    return f'<path class="lake" d="{_path(shapely.get_exterior_ring(simple), closed=True)}"/>'


def _railways(lines: gpd.GeoDataFrame | None, frame: _Frame, home: shapely.Geometry) -> str:
    """Draw railways, those abroad faintly."""
    if lines is None or lines.empty:
        return ""
    parts = shapely.get_parts(shapely.get_parts(frame.clip(lines)))
    parts = parts[shapely.get_type_id(parts) == 1]
    shapely.prepare(home)
    inside = shapely.intersects(home, parts)
    return _rails(parts[~inside], " away") + _rails(parts[inside], "")


def _rails(parts: NDArray[np.object_], kind: str) -> str:
    if not len(parts):
        return ""
    once = shapely.union_all(shapely.set_precision(shapely.multilinestrings(parts), 1.0))
    merged = shapely.get_parts(shapely.line_merge(once))
    simple = shapely.simplify(merged[shapely.length(merged) > _LEAST_LINE], 1.5 * _TOLERANCE)
    return f'<path class="rail{kind}" d="{_path(simple, closed=False)}"/>'


def _names(
    countries: gpd.GeoDataFrame, frame: _Frame, shown: Sequence[str], marks: pd.DataFrame
) -> str:
    """Write the names of the countries that stand out, each where it is farthest from the marks."""
    taken = _aside(_places(marks, frame))
    out = []
    for code, name, shape in zip(
        countries["country"], countries["name"], frame.clip(countries), strict=True
    ):
        place = _name_place(shape, len(str(name)), taken) if code in shown else None
        if place is not None:
            x, y = np.rint(place).astype(int)
            out.append(
                f'<text x="{x}" y="{y}" data-country="{safe_html(code)}">{safe_html(name)}</text>'
            )
    return f'<g class="names">{"".join(out)}</g>'


def _name_place(shape: shapely.Geometry, letters: int, taken: Points) -> Points | None:
    """Give the place within a shape that is far from its edge and the marks; None without space."""
    if shapely.is_empty(shape):
        return None
    half = _LETTER / 2 * letters
    west, south, east, north = shapely.bounds(shape)
    x, y = np.meshgrid(np.arange(west, east, _GRID), np.arange(south, north, _GRID))
    spots = np.column_stack([x.ravel(), y.ravel()])
    spots = spots[(spots[:, 0] > half) & (spots[:, 0] < WIDE - half)]
    spots = spots[shapely.contains_xy(shape, spots)]
    ends = [shapely.contains_xy(shape, spots[:, 0] + s * half, spots[:, 1]) for s in (-0.7, 0.7)]
    beside = np.maximum(np.abs(spots[:, None] - taken[None]) - np.array([half, 0.0]), 0.0)
    space = np.hypot(beside[..., 0], beside[..., 1]).min(axis=1, initial=_FAR)
    edge = shapely.distance(shapely.boundary(shape), shapely.points(spots))
    worth = np.minimum(space, _FAR) + np.minimum(edge, _FAR) + _FAR * np.sum(ends, axis=0)
    worth = np.where(space > _RADIUS[0] + 6.0, worth, 0.0)
    return np.asarray(spots[np.argmax(worth)]) if worth.max(initial=0.0) > 0.0 else None


def _places(marks: pd.DataFrame, frame: _Frame) -> Points:
    return frame.place(marks[["longitude", "latitude"]].to_numpy(dtype=np.float64))


def _aside(places: Points) -> Points:
    """Move marks apart until none covers another; each stays as near to its place as it can."""
    at, reach = places.copy(), _radii(len(places))
    need = reach[:, None] + reach[None] + 2.0
    turn = np.arange(len(places)) * 2.4
    for _ in range(_STEPS):
        gap = at[:, None] - at[None]
        away = np.hypot(gap[..., 0], gap[..., 1])
        same = away < 1e-6
        gap[same] = np.column_stack([np.cos(turn), np.sin(turn)])[np.nonzero(same)[0]]
        push = np.where(same, 1.0, np.maximum(need - away, 0.0) / np.maximum(away, 1e-6) / 2)
        np.fill_diagonal(push, 0.0)
        if push.max(initial=0.0) < _CLOSE_ENOUGH:
            break
        at += (gap * push[..., None]).sum(axis=1)
    return at


def _radii(count: int) -> Points:
    return np.where(np.arange(count) < _EMPHASIZED, *_RADIUS).astype(np.float64)


def _symbols(marks: pd.DataFrame, frame: _Frame) -> str:
    homes = _places(marks, frame)
    leads, out = [], []
    rows = zip(marks.to_dict("records"), homes, _aside(homes), _radii(len(marks)), strict=True)
    for row, home, place, radius in rows:
        (x, y), (hx, hy) = np.rint(place).astype(int), np.rint(home).astype(int)
        if np.hypot(*(place - home)) > 3:
            leads.append(f"M{hx} {hy}L{x} {y}")
        score = plain(row.get("score"))
        fill = _GREY if score is None else score_colour(score)
        ink = "pale" if score is not None and score >= _DARK_SCORE else "dark"
        name = safe_html(row.get("name"))
        kind = "" if radius == _RADIUS[0] else _SMALL
        out.append(
            f'<g{kind} data-row="{row["row"]}"><title>{name}</title>'
            f'<circle cx="{x}" cy="{y}" r="{radius:.0f}" fill="{fill}"/>'
            f'<text class="{ink}" x="{x}" y="{y + radius / 3 + 1:.0f}">{int(row["rank_in_role"])}</text></g>'
        )
    dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in homes)
    return (
        f'<path class="lead" d="{"".join(leads)}"/><path class="dots" d="{dots}"/>'
        f'<g class="marks">{"".join(reversed(out))}</g>'
    )

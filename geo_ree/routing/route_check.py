"""Published distances beside those of the network: a row a figure, with error and interval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from geo_ree.crs import distance_m
from geo_ree.errors import RouteError
from geo_ree.reading.coordinate_text import parse_pair
from geo_ree.routing.network import Network, load_network
from geo_ree.routing.routes import End, Route, is_place, join_ends, shortest_route
from geo_ree.routing.table_rules import read_table

COLUMNS = ("id", "mode", "from", "to", "published_km", "source")
"""What a table of published distances must have; coordinates and blanks are looked up."""

COORDINATES = ("from_lon", "from_lat", "to_lon", "to_lat")

CHECKED = ("id", "published_km", "computed_km", "error_pct", "low_km", "high_km", "reason")
"""Columns of the result."""

MODES: Mapping[str, tuple[str, ...]] = {
    "rail": ("rail",),
    "road": ("road",),
    "multimodal": ("rail", "ferry"),
}
"""Words of the column ``mode``, with the modes that they mean."""

TOLERANCE_PCT, TOLERANCE_KM = 5.0, 3.0
"""A computed distance agrees with a published one within the larger of both."""

MOST_PCT = 10.0
"""An error above this has its reason, or the figure is no length of this route."""


_MOST = {"lon": 180.0, "lat": 90.0}

_BRACKETS = re.compile(r"\(([^()]*)\)\s*$")


def read_check_table(path: Path | str) -> pd.DataFrame:
    """Read a table of published distances.

    Parameters
    ----------
    path
        CSV (UTF-8) with `COLUMNS`, `COORDINATES` in degrees where known, and ``avoid`` where the
        published route does not enter some countries (ISO3 codes, joined by a semicolon).

    Returns
    -------
    pandas.DataFrame
        Its rows, numbers as float (NaN where blank), all else as text.

    Raises
    ------
    RouteError
        Naming the file and the row: a column is missing, a number is none, a distance is not
        positive, a mode is unknown, an id comes twice, or one of two coordinates is missing.
    """
    table = read_table(path, COLUMNS, COORDINATES)
    table = table.assign(**{name: "" for name in COORDINATES if name not in table})
    seen: set[str] = set()
    for row, cells in enumerate(table.to_dict("records"), start=2):
        _check_row(
            {str(k): str(v) for k, v in cells.items()}, f"{path} row {row} ({cells['id']})", seen
        )
    numbers = ["published_km", *COORDINATES]
    return table.assign(
        **{name: pd.to_numeric(table[name].replace("", np.nan)) for name in numbers}
    )


def _check_row(cells: Mapping[str, str], place: str, seen: set[str]) -> None:
    if not cells["id"] or cells["id"] in seen:
        raise RouteError(f"{place}: the id is blank or comes twice", "give each row its own id")
    seen.add(cells["id"])
    if cells["mode"] not in MODES:
        raise RouteError(f"{place}: the mode is {cells['mode']!r}", f"use {', '.join(MODES)}")
    for name in ("published_km", *COORDINATES):
        text = cells[name]
        try:
            number = float(text) if text or name == "published_km" else 0.0
        except ValueError:
            raise RouteError(f"{place}: {name} is {text!r}", "give a number") from None
        if not np.isfinite(number) or (name == "published_km" and number <= 0):
            raise RouteError(f"{place}: {name} is {text!r}", "give a positive length in km")
        if abs(number) > _MOST.get(name[-3:], np.inf):
            raise RouteError(f"{place}: {name} is {text!r}", "give degrees")
    for end in ("from", "to"):
        lon, lat = cells[f"{end}_lon"], cells[f"{end}_lat"]
        if bool(lon) != bool(lat):
            raise RouteError(f"{place}: only one coordinate of {end}", "give both or none")
        if not lon and not cells[end]:
            raise RouteError(f"{place}: {end} is blank", "name a place or give its coordinate")


def check_routes(table: pd.DataFrame, network: Network | None = None) -> pd.DataFrame:
    """Compute the distances of a table, and compare them with the published ones.

    Parameters
    ----------
    table
        From `read_check_table`.
    network
        None for the package's own.

    Returns
    -------
    pandas.DataFrame
        `CHECKED`, a row a figure in the order of the table: km, error in per cent of the published
        figure, the interval of the computed one, and in ``reason`` what was assumed, why there is
        no way (the numbers are NaN), or which place is unknown.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "id": ["R02"], "mode": ["rail"], "from": ["Aktogay"], "to": ["Dostyk"],
    ...     "published_km": [304.0], "source": ["km posts"],
    ...     **dict.fromkeys(("from_lon", "from_lat", "to_lon", "to_lat"), [float("nan")])})
    >>> bool(abs(check_routes(figures)["error_pct"][0]) < 5)
    True
    """
    network = load_network() if network is None else network
    rows = []
    for mode, group in table.groupby("mode", sort=False):
        rows.append(_check_mode(group, network, MODES[str(mode)]))
    found = pd.concat(rows).reindex(table.index) if rows else pd.DataFrame(columns=CHECKED)
    return found[[*CHECKED]]


def _check_mode(group: pd.DataFrame, network: Network, modes: tuple[str, ...]) -> pd.DataFrame:
    """Join all ends of the rows of a mode to the network at once, then find each route."""
    pairs: list[tuple[End, End]] = []
    problems: dict[object, str] = {}
    for at, cells in group.iterrows():
        pair = (_end_of(cells, "from", network), _end_of(cells, "to", network))
        unknown = [str(e) for e in pair if isinstance(e, str) and not is_place(network, e)]
        if unknown:
            problems[at] = f"unknown place: {', '.join(unknown)}; give its coordinate"
        else:
            pairs.append(pair)
    joined, nodes = join_ends(network, pairs, modes)
    left = iter(nodes)
    out = {}
    for at, cells in group.iterrows():
        route: Route | None = None
        reason = problems.get(at, "")
        if not reason:
            first, last = next(left)
            try:
                names = (str(cells["from"]), str(cells["to"]))
                avoid = str(cells.get("avoid", "")).split(";")
                route = shortest_route(
                    joined, first, last, modes, avoid=[c for c in avoid if c], names=names
                )
            except RouteError as error:
                reason = str(error)
        out[at] = _compare(cells, route, reason)
    return pd.DataFrame.from_dict(out, orient="index")


def _end_of(cells: pd.Series, end: str, network: Network) -> End:
    """Give the coordinate of an end, or its name: of a place of the network, or of no known place."""
    lon, lat = float(cells[f"{end}_lon"]), float(cells[f"{end}_lat"])
    if not np.isnan(lon):
        return lon, lat
    name = str(cells[end])
    if is_place(network, name):
        return name
    written = _BRACKETS.search(name)
    pair = parse_pair(written[1]) if written else None
    if pair is not None:
        return pair[1].degrees, pair[0].degrees
    return _deposit_positions().get(name.casefold(), name)


@lru_cache(maxsize=1)
def _deposit_positions() -> Mapping[str, tuple[float, float]]:
    """Longitude and latitude of the deposits of the starter, by the names of its tables."""
    starter = Path(str(files("geo_ree") / "starter"))
    out: dict[str, tuple[float, float]] = {}
    by_id: dict[str, tuple[float, float]] = {}
    for table, source in (("major_deposits", "usgs_major_deposits"), ("deposits", "starter")):
        rows = pd.read_csv(starter / f"{table}.csv", dtype=str).dropna(subset=["latitude"])
        places = rows[["longitude", "latitude"]].astype(float).itertuples(index=False, name=None)
        for native, name, place in zip(rows["native_id"], rows["name"], places, strict=True):
            out[str(name).casefold()] = by_id[f"{source}:{native}"] = place
    named = pd.read_csv(starter / "published_distances.csv", dtype=str)
    for name, deposit in zip(named["deposit_name"], named["deposit_id"], strict=True):
        if deposit in by_id:
            out[str(name).casefold()] = by_id[deposit]
    return out


def _compare(cells: pd.Series, route: Route | None, reason: str) -> dict[str, object]:
    published = float(cells["published_km"])
    row: dict[str, object] = {"id": cells["id"], "published_km": published}
    if route is None:
        blank = dict.fromkeys(("computed_km", "error_pct", "low_km", "high_km"), np.nan)
        return {**row, **blank, "reason": reason}
    xy = np.asarray(route.geometry.coords)
    geodesic = float(distance_m(*xy[:1].T, *xy[-1:].T)[0]) / 1000.0
    said = []
    if published < geodesic:
        said.append(f"the published figure is below the geodesic ({geodesic:.1f} km)")
    elif route.km_low <= published <= route.km_high:
        said.append("the published figure lies in the interval")
    return {
        **row,
        "computed_km": round(route.km, 1),
        "error_pct": round((route.km / published - 1.0) * 100.0, 1),
        "low_km": round(route.km_low, 1),
        "high_km": round(route.km_high, 1),
        "reason": "; ".join([*said, *route.notes]),
    }


def agrees(checked: pd.DataFrame) -> pd.Series:
    """Say of each row whether it agrees: within the larger of 5 % and 3 km."""
    apart = (checked["computed_km"] - checked["published_km"]).abs()
    within = np.maximum(TOLERANCE_KM, checked["published_km"] * TOLERANCE_PCT / 100.0)
    return pd.Series(apart <= within, index=checked.index)

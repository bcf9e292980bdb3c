"""Lines of a network as tables: their ends, lengths and countries, read without geometries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, distance_m
from geo_ree.routing.place_tables import STARTER, country_codes

ENDS = ("x1", "y1", "x2", "y2")
"""Columns of the first and the last vertex of lines, degrees."""

UNKNOWN_COURSE_KM = 25.0
"""Lateral error above which an edge is a chord of unknown course."""


def read_lines(name: str) -> pd.DataFrame:
    """Read lines of the starter: `ENDS` in place of a geometry, and the countries of the ends."""
    table = pq.read_table(STARTER / f"{name}.parquet", use_threads=False)
    ends = read_ends(table["geometry"].to_pylist())
    lines = (
        table.drop_columns("geometry").to_pandas().assign(**dict(zip(ENDS, ends.T, strict=True)))
    )
    if "country_a" in lines:
        return lines
    codes = country_codes(ends.reshape(-1, 2))
    return lines.assign(country_a=codes[::2], country_b=codes[1::2])


def read_railways() -> pd.DataFrame:
    """Read the railways of the starter for routes, and those opened since that they lack."""
    lines = [read_lines("routing_railways"), read_lines("opened_railways")]
    return pd.concat(lines, ignore_index=True)


def read_roads() -> pd.DataFrame:
    """Read the roads of the starter, and those of routes beyond it."""
    return pd.concat([read_lines("roads"), read_lines("routing_roads")], ignore_index=True)


def read_ends(cells: Sequence[bytes]) -> Floats:
    """Coordinates of the first and last vertex of lines in WKB: `ENDS`, shape (n, 4).

    Lines of two vertices, those of the package, are read without geometries in between.
    """
    raw = np.frombuffer(b"".join(cells), np.uint8)
    if len(raw) == _SIZE * len(cells):
        raw = raw.reshape(-1, _SIZE)
        if (raw[:, : len(_TWO_VERTICES)] == np.frombuffer(_TWO_VERTICES, np.uint8)).all():
            return np.ascontiguousarray(raw[:, len(_TWO_VERTICES) :]).view("<f8")
    return line_ends(shapely.from_wkb(np.array(cells, dtype=object)))


_TWO_VERTICES = bytes([1, 2, 0, 0, 0, 2, 0, 0, 0])
"""Head of a line of two vertices in WKB: little-endian, a line, two."""

_SIZE = len(_TWO_VERTICES) + 4 * 8


def line_ends(lines: NDArray[np.object_]) -> Floats:
    """Coordinates of the first and last vertex of lines: `ENDS`, shape (n, 4)."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(owner, np.arange(len(lines)))
    last = np.append(first[1:], len(owner)) - 1
    return np.c_[xy[first], xy[last]]


def line_rows(lines: pd.DataFrame | None, mode: str) -> pd.DataFrame | None:
    """Ends, lengths and countries of lines, with the interval and the basis of their lengths.

    Lines have a geometry, or the columns `ENDS` in its place.
    """
    if lines is None or not len(lines):
        return None
    ends = lines[[*ENDS]].to_numpy() if ENDS[0] in lines else line_ends(lines.geometry.to_numpy())
    km = lines["length_km"].to_numpy(np.float64)
    join = "kind" in lines
    basis = np.full(len(lines), "line", dtype=object)
    low, high = km, km
    if join:
        basis = lines["kind"].map({"heal": "join", "bridge": "bridge"}).to_numpy(object)
        low, high = lines["gap_km"].to_numpy(np.float64), 2.0 * km - lines["gap_km"].to_numpy()
    elif "lateral_error_km" in lines:
        basis[lines["lateral_error_km"].to_numpy() > UNKNOWN_COURSE_KM] = "chord"
    names = lines["native_id" if "native_id" in lines else "source"].astype(str)
    if not join:
        low, high = _section_bounds(names, km, ends)
    return pd.DataFrame(
        {
            **dict(zip(ENDS, ends.T, strict=True)),
            "country_a": _words(lines, "country_a"),
            "country_b": _words(lines, "country_b"),
            "mode": mode,
            "km": km,
            "km_low": np.minimum(low, km),
            "km_high": np.maximum(high, km),
            "basis": basis,
            "source_id": names.to_numpy(object),
        }
    )


def _section_bounds(names: pd.Series, km: Floats, ends: Floats) -> tuple[Floats, Floats]:
    """Least and greatest length of lines; those of a chord cut at places ("a-b.1") share its slack.

    Such a section is at least as long as its chord, and at most what the other chords leave.
    """
    low, high = km.copy(), km.copy()
    cut = np.flatnonzero(names.str.contains(".", regex=False).to_numpy())
    if not len(cut):
        return low, high
    chord = distance_m(*ends[cut].T) / 1000.0
    whole = names.iloc[cut].str.split(".").str[0].to_numpy()
    slack = pd.Series(km[cut] - chord).groupby(whole).transform("sum").to_numpy()
    low[cut], high[cut] = np.minimum(chord, km[cut]), np.maximum(chord + slack, km[cut])
    return low, high


def _words(lines: pd.DataFrame, column: str) -> NDArray[np.object_]:
    if column not in lines:
        return np.full(len(lines), "", dtype=object)
    return np.asarray(lines[column].fillna("").astype(str).to_numpy(object))

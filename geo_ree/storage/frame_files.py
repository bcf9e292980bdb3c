"""Tables on disk as Parquet, read back exactly as they were: types, order, labels and what is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo_ree.crs import STORE_CRS

Note = dict[str, Any]
"""What Parquet does not keep of a frame: plain values that JSON can hold."""

_TAG = "$"


def write_frame(frame: pd.DataFrame, path: Path) -> Note:
    """Write a frame as Parquet, GeoParquet where it has a geometry.

    Returns
    -------
    dict
        What `read_frame` needs beside the file to return an equal frame.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.parquet"
    >>> mixed = pd.DataFrame({1: [None, "a"], 2: [("b",), 2.5]}, index=["x", "y"])
    >>> read_frame(path, write_frame(mixed, path)).equals(mixed)
    True
    """
    active = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    plain: pd.DataFrame = frame.copy(deep=False) if active else pd.DataFrame(frame)
    plain.attrs = {}
    columns = _label_note(plain.columns)
    missing, coded = {}, []
    names = _file_names(plain.columns)
    plain = plain.set_axis(names, axis=1)
    if active is not None:
        active = names[list(frame.columns).index(active)]
        plain = gpd.GeoDataFrame(plain).set_geometry(active)
    for name in names:
        if plain[name].dtype != object:
            continue
        what = _missing_of(plain[name])
        if what is None:
            coded.append(name)
            plain[name] = [to_text(value) for value in plain[name]]
        else:
            missing[name] = what
    note = {
        "geo": isinstance(frame, gpd.GeoDataFrame),
        "geometry": active,
        "columns": columns,
        "types": {name: str(plain[name].dtype) for name in names},
        "missing": missing,
        "coded": coded,
        "crs": {
            name: _crs_text(plain[name].array.crs) for name in names if _is_geometry(plain[name])
        },
        "index": [str(frame.index.get_level_values(i).dtype) for i in range(frame.index.nlevels)],
        "attrs": to_text(frame.attrs) if frame.attrs else "",
    }
    plain.to_parquet(path)
    return note


def read_frame(path: Path, note: Note) -> pd.DataFrame:
    """Read a frame that `write_frame` wrote.

    Raises
    ------
    OSError, ValueError, KeyError
        When the file is absent or damaged, or the note is of another file.
    """
    frame = pd.read_parquet(path)
    for name, crs in note["crs"].items():
        shapes = frame[name].to_numpy(dtype=object, na_value=None)  # <NA> if GeoArrow is in use
        frame[name] = gpd.array.from_wkb(shapes, crs=crs and _system(crs))
    for name, kind in note["types"].items():
        if name in note["coded"]:
            values = [from_text(text) for text in frame[name]]
            frame[name] = pd.Series(objects(values), index=frame.index, dtype=object)
        elif name in note["missing"]:
            frame[name] = _with_missing(frame[name], note["missing"][name])
        elif name not in note["crs"] and str(frame[name].dtype) != kind:
            frame[name] = frame[name].astype(kind)
    frame.index = _typed_index(frame.index, note["index"])
    if note["geo"] and not note["geometry"]:
        frame = gpd.GeoDataFrame(frame)
    active = note["geometry"]
    labels = _labels(note["columns"])
    at = list(frame.columns).index(active) if active else None
    frame = frame.set_axis(labels, axis=1)
    if at is not None:
        frame = gpd.GeoDataFrame(frame, geometry=labels[at])
    frame.attrs = from_text(note["attrs"]) if note["attrs"] else {}
    return frame


def to_text(value: Any) -> str:
    """Write a plain value as JSON, with marks for what JSON does not know.

    Examples
    --------
    >>> from_text(to_text((1, None, float("inf"), {"a": ["b"]})))
    (1, None, inf, {'a': ['b']})
    """
    return json.dumps(_marked(value), ensure_ascii=False)


def from_text(text: str) -> Any:
    """Read what `to_text` wrote."""
    return json.loads(text, object_hook=_unmarked)


def _marked(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list):
        return [_marked(v) for v in value]
    for kind, (mark, write, _) in _MARKS.items():
        if isinstance(value, kind):
            return {_TAG: mark, "values": write(value)}
    if value is None or isinstance(value, bool | str | int | float):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _unmarked(found: dict[str, Any]) -> Any:
    return _READERS[found[_TAG]](found["values"])


_MARKS: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    type(pd.NA): ("NA", lambda _: None, lambda _: pd.NA),
    type(pd.NaT): ("NaT", lambda _: None, lambda _: pd.NaT),
    tuple: ("tuple", lambda v: [_marked(x) for x in v], tuple),
    set: ("set", lambda v: [_marked(x) for x in sorted(v)], set),
    frozenset: ("frozenset", lambda v: [_marked(x) for x in sorted(v)], frozenset),
    dict: ("dict", lambda v: [[_marked(k), _marked(x)] for k, x in v.items()], dict),
    Path: ("path", str, Path),
    shapely.Geometry: ("geometry", lambda v: shapely.to_wkb(v, hex=True), shapely.from_wkb),
}
"""Kind of value -> its mark, how it is written and how it is read."""

_READERS = {mark: read for mark, _, read in _MARKS.values()}


def _is_geometry(column: pd.Series) -> bool:
    return isinstance(column.dtype, gpd.array.GeometryDtype)


def _crs_text(crs: Any) -> str:
    """The code of a reference system, or all of it; blank for none."""
    if crs is None:
        return ""
    return STORE_CRS if crs == _system(STORE_CRS) else str(crs.to_wkt())


@cache
def _system(text: str) -> pyproj.CRS:
    return pyproj.CRS(text)


def _missing_of(column: pd.Series) -> str | None:
    """What stands for unknown in a column of texts; None where there is more than texts in it."""
    found = set(map(type, column))
    others = found - {str, type(None), float}
    if others or {float, type(None)} <= found:
        return None
    if float in found and not column.map(lambda v: isinstance(v, str) or math.isnan(v)).all():
        return None  # numbers among texts
    return "nan" if float in found else "none"


def _with_missing(column: pd.Series, what: str) -> pd.Series:
    values = column.astype(object).to_numpy(copy=True)
    values[pd.isna(values)] = np.nan if what == "nan" else None
    return pd.Series(values, index=column.index, dtype=object)


def objects(values: list[Any]) -> np.ndarray:
    """Return an array of the values themselves, tuples and lists among them."""
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out


def _file_names(labels: pd.Index) -> list[str]:
    """Names of the columns in the file: their labels where these are distinct texts."""
    if all(isinstance(label, str) for label in labels) and labels.is_unique:
        return [str(label) for label in labels]
    return [f"column{i}" for i in range(len(labels))]


def _label_note(labels: pd.Index) -> Note:
    span = [labels.start, labels.stop, labels.step] if isinstance(labels, pd.RangeIndex) else None
    return {
        "range": span,
        "values": "" if span else to_text(list(labels)),
        "type": str(labels.dtype),
        "name": to_text(labels.name),
    }


def _labels(note: Note) -> pd.Index:
    name = from_text(note["name"])
    if note["range"]:
        start, stop, step = note["range"]
        return pd.RangeIndex(start, stop, step, name=name)
    return pd.Index(from_text(note["values"]), dtype=note["type"], name=name)


def _typed_index(index: pd.Index, types: list[str]) -> pd.Index:
    if isinstance(index, pd.MultiIndex) or str(index.dtype) == types[0]:
        return index
    return index.astype(types[0])

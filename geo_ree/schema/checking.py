"""The check of a frame against its canonical layer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, has_odd_vertex, to_store
from geo_ree.errors import SchemaError
from geo_ree.schema.canonical import Layer, layer_named
from geo_ree.schema.column_type import DATE_FORMS, Column, is_date


def check_layer(frame: pd.DataFrame, layer: str, *, where: str = "") -> pd.DataFrame:
    """Check a frame against its canonical layer and give it in canonical form.

    Parameters
    ----------
    frame
        Rows of the layer; missing optional columns are added empty. A GeoDataFrame unless the
        layer is a plain table.
    layer
        Name of a layer in `LAYERS`.
    where
        Name of the file or source, for the error.

    Returns
    -------
    pandas.DataFrame
        A copy with the layer's columns in order and typed (text as ``str``, numbers as
        float64, integers as Int64, flags as bool), in `STORE_CRS`; a GeoDataFrame where the
        layer has a geometry.

    Raises
    ------
    SchemaError
        Once, with every complaint: rows are counted from 1 in the order of the frame.

    Examples
    --------
    >>> town = gpd.GeoDataFrame(
    ...     {"id": ["x:1"], "source_id": ["x"], "kind": ["town"], "population": [900]},
    ...     geometry=[shapely.Point(76, 43)], crs=4326)
    >>> check_layer(town, "settlements")["population"].tolist()
    [900]
    """
    spec = layer_named(layer)
    where = where or layer
    if frame.empty:
        raise SchemaError(
            f"{where} has no rows for the layer {layer}",
            "check the file or leave the source out with --without",
        )
    unknown = [c for c in frame.columns if c not in spec.column_names()]
    complaints = [f"unknown column {c!r}" for c in unknown]
    columns: dict[str, Any] = {}
    for column in spec.columns:
        columns[column.name] = _typed(frame, column, complaints)
    out: pd.DataFrame = pd.DataFrame(columns, index=frame.index)
    repeated = out["id"][out["id"].duplicated() & out["id"].notna()]
    complaints += [f"row {_row(out, i)}: id {v!r} is used twice" for i, v in repeated.items()]
    if spec.complaints is not None:
        complaints += spec.complaints(out)
    if spec.geometries:
        out = _with_geometry(out, frame, spec, complaints, where)
    if complaints:
        shown = "; ".join(complaints[:5])
        more = f" (and {len(complaints) - 5} more)" if len(complaints) > 5 else ""
        raise SchemaError(f"{where} does not fit the layer {layer}: {shown}{more}")
    return out.reset_index(drop=True)


COLUMN_DTYPES = {
    "text": "str",
    "date": "str",
    "number": "float64",
    "integer": "Int64",
    "flag": "bool",
}
"""Kind of a column -> its dtype in pandas."""


def _row(frame: pd.DataFrame, label: Any) -> int:
    return int(np.flatnonzero(frame.index == label)[0]) + 1


def _typed(frame: pd.DataFrame, column: Column, complaints: list[str]) -> pd.Series:
    if column.name not in frame.columns:
        if column.required:
            complaints.append(f"column {column.name!r} is missing")
        blank = False if column.kind == "flag" else None
        return pd.Series(blank, index=frame.index, dtype=COLUMN_DTYPES[column.kind])
    raw = frame[column.name].astype(object)
    raw = raw.where(raw.notna(), None)
    if column.kind == "flag":
        return raw.map(_is_yes).astype(bool)
    if column.kind in ("text", "date"):
        texts = [v if v is None else str(v).strip() or None for v in raw.tolist()]
        out = pd.Series(texts, index=frame.index, dtype=object)
    else:
        out = _numbers(raw, column, complaints)
    gaps = out.isna()
    if column.required:
        complaints += [f"row {_row(frame, i)}: {column.name} is empty" for i in out.index[gaps]]
    if column.vocabulary:
        odd = ~gaps & ~out.isin(column.vocabulary)
        complaints += [
            f"row {_row(frame, i)}: {column.name} is {v!r}, expected one of "
            f"{', '.join(column.vocabulary)}"
            for i, v in out[odd].items()
        ]
    if column.kind == "date":
        odd = ~gaps & ~out.map(is_date)
        complaints += [
            f"row {_row(frame, i)}: {column.name} is {v!r}, expected {DATE_FORMS}"
            for i, v in out[odd].items()
        ]
    return out.astype("str") if COLUMN_DTYPES[column.kind] == "str" else out


def _is_yes(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in ("", "no", "false", "0", "n")
    return bool(value) if value is not None else False


def _numbers(raw: pd.Series, column: Column, complaints: list[str]) -> pd.Series:
    numbers = pd.to_numeric(raw, errors="coerce").astype("float64")
    for label in raw.index[raw.notna() & numbers.isna()]:
        complaints.append(
            f"row {_row(raw.to_frame(), label)}: {column.name} is {raw[label]!r}, expected a number"
        )
    beyond = numbers.notna() & ((numbers < column.low) | (numbers > column.high))
    for label, value in numbers[beyond].items():
        complaints.append(
            f"row {_row(raw.to_frame(), label)}: {column.name} is {value:g}, "
            f"{column.describe_limits()}"
        )
    return numbers.round().astype("Int64") if column.kind == "integer" else numbers


def _with_geometry(
    out: pd.DataFrame, frame: pd.DataFrame, spec: Layer, complaints: list[str], where: str
) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise SchemaError(f"{where} has no geometry", "give a GeoDataFrame")
    geometry = to_store(frame, what=where).geometry
    empty = (geometry.isna() | geometry.is_empty).to_numpy()
    if spec.geometry_required:
        complaints += [f"row {i + 1}: the geometry is empty" for i in np.flatnonzero(empty)]
    odd = ~empty & ~geometry.geom_type.isin(spec.geometries).to_numpy()
    for i in np.flatnonzero(odd):
        complaints.append(
            f"row {i + 1}: geometry is a {geometry.iloc[i].geom_type}, expected "
            f"{' or '.join(spec.geometries)}"
        )
    bounds = shapely.bounds(geometry.to_numpy())
    with np.errstate(invalid="ignore"):
        outside = ~empty & ~(
            (bounds[:, 0] >= -180)
            & (bounds[:, 1] >= -90)
            & (bounds[:, 2] <= 180)
            & (bounds[:, 3] <= 90)
        )
    odd = ~empty & ~outside & has_odd_vertex(geometry.to_numpy())
    complaints += [f"row {i + 1}: a vertex is not a number" for i in np.flatnonzero(odd)]
    for i in np.flatnonzero(outside):
        complaints.append(
            f"row {i + 1}: coordinates {bounds[i].round(4).tolist()} are not on the globe "
            "(longitude -180 to 180, latitude -90 to 90; swapped?)"
        )
    return gpd.GeoDataFrame(out, geometry=geometry.to_numpy(), crs=STORE_CRS)

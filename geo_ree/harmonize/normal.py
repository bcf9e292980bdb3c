"""One source's table in, its canonical layer out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.harmonize.borders import assign_country, named_country, split_at_borders
from geo_ree.harmonize.precision import classify_precision
from geo_ree.schema import LAYERS, PRECISION_ERROR_M, Layer, validate
from geo_ree.settings import REGION, SCORED_COUNTRIES


@dataclass(frozen=True)
class Normalized:
    """A canonical layer of one source, and what was left out of it.

    Parameters
    ----------
    frame
        The rows, valid for ``layer``.
    layer
        Name of the layer.
    rows_read
        Rows in the source.
    set_aside
        Reason -> number of rows.
    not_understood
        Canonical column -> {text that no rule of the source knows: number of rows}; the texts
        are kept as they are where the column is free, and count as unknown where it is not.
    """

    frame: gpd.GeoDataFrame
    layer: str
    rows_read: int
    set_aside: dict[str, int] = field(default_factory=dict)
    not_understood: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Rows of the source that are in the layer; lines cut at borders give several each."""
        return self.rows_read - sum(self.set_aside.values())


def normalize(
    raw: pd.DataFrame,
    source: Source,
    countries: gpd.GeoDataFrame | None = None,
    *,
    skip_bad_rows: bool = False,
) -> Normalized:
    """Give a source's table in canonical form.

    Parameters
    ----------
    raw
        What a reader gave: upstream columns, texts, the index being the row in the file; with
        a geometry where the format has one.
    source
        Its catalogue entry.
    countries
        The canonical layer ``countries``; None only for that layer itself.
    skip_bad_rows
        Set a row aside, counted, instead of raising when its coordinates make no sense.

    Returns
    -------
    Normalized

    Raises
    ------
    SchemaError
        Naming the source, the row and the cure.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> raw = pd.DataFrame({"native_id": ["KAZ"], "name": ["Kazakhstan"]})
    >>> frame = gpd.GeoDataFrame(raw, geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> entry = load_catalog()["starter_countries"].model_copy(
    ...     update={"columns": {"native_id": "native_id", "name": "name", "country": "native_id"},
    ...             "constants": {"kind": "country"}, "values": {}})
    >>> normalize(frame, entry).frame["id"].tolist()
    ['starter_countries:KAZ']
    """  # fmt: skip
    spec = LAYERS[source.layer]
    if raw.empty:
        raise SchemaError(
            f"{source.id} has no rows", "check the file, or run --without " + source.id
        )
    table = _without_nulls(raw, source)
    out = _columns(table, source, spec)
    set_aside: dict[str, int] = {}
    if not spec.geometries:
        return Normalized(validate(out, spec.name, where=source.id), spec.name, len(raw))
    frame = _located(out, table, source, set_aside, skip_bad_rows=skip_bad_rows)
    if spec.name == "deposits" and countries is not None:
        away = _outside_region(frame)
        frame = _without_swapped(frame, away, source, countries, skip_bad_rows, set_aside)
    if spec.name != "countries":
        frame = _in_region(frame, set_aside)
    if frame.empty:
        raise SchemaError(
            f"{source.id} ({source.reader.member or 'payload'}) has no rows in the region; "
            f"set aside: {set_aside}",
            "check the file, or leave the source out with --without " + source.id,
        )
    frame = _with_precision(frame, table, source, spec)
    if countries is not None and spec.name != "countries" and len(frame):
        frame = _with_country(frame, source, countries, skip_bad_rows, set_aside)
    if spec.name == "deposits":
        frame = _roles_by_place(frame, set_aside)
    keep = [c for c in spec.column_names() if c in frame.columns]
    valid = validate(frame[keep], spec.name, where=source.id)
    return Normalized(valid, spec.name, len(raw), set_aside)


def _without_nulls(raw: pd.DataFrame, source: Source) -> pd.DataFrame:
    table = raw.copy()
    for name in table.columns:
        if name == "geometry" or table[name].dtype.kind in "ifb":
            continue
        text = table[name].map(lambda v: "" if pd.isna(v) else str(v).strip())
        nulls = {*source.nulls.get("*", ()), *source.nulls.get(name, ())}
        table[name] = text.where(~text.isin(nulls), "").astype(object)
    return table


def _columns(table: pd.DataFrame, source: Source, spec: Layer) -> pd.DataFrame:
    out = pd.DataFrame(index=table.index)
    for name, upstream in source.columns.items():
        if upstream not in table.columns:
            raise SchemaError(
                f"{source.id}: column {upstream!r} is missing (there are: "
                f"{', '.join(map(str, table.columns))})",
                "the publisher may have renamed it: correct columns in the catalogue entry",
            )
        column = table[upstream].astype(object)
        out[name] = column.where(column.map(lambda v: v is not None and v != ""), None)
    for name, value in source.constants.items():
        out[name] = value
    for name, mapping in source.values.items():
        out[name] = _mapped(out.get(name, pd.Series(None, index=out.index, dtype=object)), mapping)
    native = out.pop("native_id") if "native_id" in out else pd.Series(table.index, table.index)
    out["id"] = source.namespace + ":" + native.astype(str)
    out["source_id"] = source.id
    if "kind" not in out and any(c.name == "kind" for c in spec.columns):
        out["kind"] = "unknown"
    return out


def _mapped(column: pd.Series, mapping: dict[str, str]) -> pd.Series:
    def one(value: Any) -> object:
        text = "" if pd.isna(value) else str(value)
        found = mapping.get(text, mapping.get("*", "="))
        return (text or None) if found == "=" else (found or None)

    return column.map(one).astype(object)


def _located(
    out: pd.DataFrame, table: pd.DataFrame, source: Source, set_aside: dict[str, int], *,
    skip_bad_rows: bool,
) -> gpd.GeoDataFrame:  # fmt: skip
    if isinstance(table, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(out, geometry=table.geometry, crs=table.crs).to_crs(4326)
    lat = _degrees(out.pop("latitude"), 90.0)
    lon = _degrees(out.pop("longitude"), 180.0)
    known = lat.notna() & lon.notna()
    bad = (lat.isna() != lon.isna()) | np.isinf(lat.fillna(0.0)) | np.isinf(lon.fillna(0.0))
    if bad.any() and not skip_bad_rows:
        row, latitude, longitude = _first(bad, table, source)
        raise SchemaError(
            f"{_place(source, row)}: latitude {latitude!r}, longitude {longitude!r} is no place on "
            "the globe (latitude -90 to 90, longitude -180 to 180, or both blank)",
            "correct the row, swap the two if they are interchanged, or use --skip-bad-rows",
        )
    if bad.any():
        set_aside["coordinates that are no place on the globe"] = int(bad.sum())
    points = shapely.points(lon.where(known & ~bad, 0.0), lat.where(known & ~bad, 0.0))
    points = np.where((known & ~bad).to_numpy(), points, None)
    frame = gpd.GeoDataFrame(out, geometry=gpd.GeoSeries(points, index=out.index, crs=4326))
    return frame[~bad]


def _degrees(column: pd.Series, limit: float) -> pd.Series:
    """Numbers; NaN where blank, infinity where the text is no angle within the limit."""
    blank = column.isna() | (column == "")
    numbers = pd.to_numeric(column.where(~blank, None), errors="coerce").astype("float64")
    wrong = ~blank & (numbers.isna() | (numbers.abs() > limit))
    return numbers.mask(wrong, np.inf)


def _first(bad: pd.Series, table: pd.DataFrame, source: Source) -> tuple[object, object, object]:
    row = bad.index[bad][0]
    return (
        row,
        table.at[row, source.columns["latitude"]],
        table.at[row, source.columns["longitude"]],
    )


def _place(source: Source, row: object) -> str:
    return f"{source.id} ({source.reader.member or 'payload'}) row {row}"


def _outside_region(frame: gpd.GeoDataFrame) -> pd.Series:
    bounds = frame.geometry.bounds.to_numpy()
    west, south, east, north = REGION
    with np.errstate(invalid="ignore"):
        outside = (
            (bounds[:, 0] > east) | (bounds[:, 2] < west)
            | (bounds[:, 1] > north) | (bounds[:, 3] < south)
        )  # fmt: skip
    return pd.Series(outside, index=frame.index)


def _in_region(frame: gpd.GeoDataFrame, set_aside: dict[str, int]) -> gpd.GeoDataFrame:
    outside = _outside_region(frame)
    if outside.any():
        set_aside["outside the region"] = int(outside.sum())
    return frame[~outside]


def _with_precision(
    frame: gpd.GeoDataFrame, table: pd.DataFrame, source: Source, spec: Layer
) -> gpd.GeoDataFrame:
    if not any(c.name == "precision_class" for c in spec.columns) or "precision_class" in frame:
        return frame
    latitude, longitude = source.columns.get("latitude", ""), source.columns.get("longitude", "")
    classes = classify_precision(table.loc[frame.index], source.precision, latitude, longitude)
    error = classes.map(dict(PRECISION_ERROR_M)).astype("float64")
    if "position_error_m" in frame:
        stated = pd.to_numeric(frame["position_error_m"], errors="coerce")
        error = stated.where(stated.notna(), error)
    basis = source.title + "; printed to " + classes.str.replace("_", "-")
    if "position_basis" in frame:
        basis = frame["position_basis"].where(frame["position_basis"].notna(), basis)
    return frame.assign(precision_class=classes, position_error_m=error, position_basis=basis)


def _with_country(
    frame: gpd.GeoDataFrame, source: Source, countries: gpd.GeoDataFrame,
    skip_bad_rows: bool, set_aside: dict[str, int],
) -> gpd.GeoDataFrame:  # fmt: skip
    frame = frame.copy()
    if "country_reported" not in frame:
        frame["country_reported"] = None
    if source.country_from == "reported":
        frame["country"] = frame["country_reported"]
        return frame
    kinds = set(frame.geometry.dropna().geom_type)
    if kinds & {"LineString", "MultiLineString"}:
        return split_at_borders(frame, countries)
    errors = frame.get("position_error_m", 0.0)
    points = frame.assign(position_error_m=errors)
    if kinds & {"Polygon", "MultiPolygon"}:
        points = points.set_geometry(points.geometry.representative_point())
    found = assign_country(points, countries)
    frame["country"] = found["country"]
    if any(c.name == "country_note" for c in LAYERS[source.layer].columns):
        frame["country_note"] = found["country_note"]
        noted = frame["country_note"].notna()
        frame = _without_swapped(frame, noted, source, countries, skip_bad_rows, set_aside)
    return frame


def _without_swapped(
    frame: gpd.GeoDataFrame, suspect: pd.Series, source: Source, countries: gpd.GeoDataFrame,
    skip_bad_rows: bool, set_aside: dict[str, int],
) -> gpd.GeoDataFrame:  # fmt: skip
    """Refuse points that lie in the country their source names only when mirrored."""
    asked = frame[suspect & frame.geometry.notna() & ~frame.geometry.is_empty]
    if asked.empty or "country_reported" not in frame:
        return frame
    mirrored = shapely.points(asked.geometry.y, asked.geometry.x)
    turned = asked.set_geometry(gpd.GeoSeries(mirrored, index=asked.index, crs=4326))
    again = assign_country(turned.assign(position_error_m=0.0), countries)
    named = named_country(asked["country_reported"], countries)
    # A country that the layer holds in part only cannot say that a point is not in it.
    whole = named.isin(countries["country"][countries["complete"]])
    swapped = asked[whole & (again["country"] == named) & again["country_note"].isna()]
    if swapped.empty:
        return frame
    if not skip_bad_rows:
        row = swapped.index[0]
        point, word = swapped.geometry[row], swapped["country_reported"][row]
        raise SchemaError(
            f"{_place(source, row)}: latitude {point.y:g}, longitude {point.x:g} is not in "
            f"{word}, but with the two swapped it is",
            "swap them in the file, or use --skip-bad-rows",
        )
    set_aside["latitude and longitude swapped"] = len(swapped)
    return frame.drop(index=swapped.index)


def _roles_by_place(frame: gpd.GeoDataFrame, set_aside: dict[str, int]) -> gpd.GeoDataFrame:
    """Outside the scored countries a rare-earth record is a reference, others are left out."""
    abroad = ~frame["country"].isin(SCORED_COUNTRIES)
    foreign = abroad & frame["role"].isin(("candidate", "by_product_host"))
    frame = frame.assign(role=frame["role"].mask(foreign, "reference"))
    left = abroad & (frame["role"] == "context")
    if left.any():
        set_aside["outside the scored countries, not a rare-earth record"] = int(left.sum())
    return frame[~left]

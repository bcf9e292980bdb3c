"""Elements of OpenStreetMap as Overpass writes them, as rows with a geometry."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.osm import AREAS, as_points

_Shapes = list[shapely.Geometry]
_AREAL = ("Polygon", "MultiPolygon", "GeometryCollection")


def rows_of(
    elements: Iterable[Any], layers: Sequence[str], source: Source, *, where: str
) -> list[dict[str, Any]]:
    """Rows of the tagged elements that belong to some layers of GDAL.

    Parameters
    ----------
    elements
        Nodes, ways and relations with their geometry (``out geom``).
    layers
        Layers as GDAL would sort them in from a file.
    source
        The entry; its canonical layer decides whether areas become points.
    where
        Name of the file, for the error.

    Returns
    -------
    list of dict
        Their tags, ``osm_ref`` and ``geometry`` (None where there is none).

    Raises
    ------
    SchemaError
        When an element lacks what Overpass always writes.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> plants = load_catalog()["osm_box"].parts()[3]
    >>> node = {"type": "node", "id": 1, "lat": 45, "lon": 70, "tags": {"power": "plant"}}
    >>> rows_of([node], ["points"], plants, where="x.json")
    [{'power': 'plant', 'osm_ref': 'node/1', 'geometry': <POINT (70 45)>}]
    """
    out = []
    for element in elements:
        try:
            if not element.get("tags"):
                continue
            layer = _layer(element, layers)
            ref = f"{element['type']}/{element['id']}"
            shape = _shape(element, layer) if layer in layers else None
        except (AttributeError, KeyError, TypeError, ValueError, shapely.GEOSException) as error:
            told = json.dumps(element, ensure_ascii=False)[:80]
            raise SchemaError(
                f"{source.id}: {where}: an element is not as Overpass writes it ({told} …)",
                f"fetch it again with geo-ree fetch {source.id}",
            ) from error
        if layer in layers:
            out.append({**element["tags"], "osm_ref": ref, "geometry": shape})
    return pointed(out, source)


def pointed(rows: Sequence[Mapping[str, Any]], source: Source) -> list[dict[str, Any]]:
    """Give the same rows with points for areas, unless the canonical layer has areas.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> plants = load_catalog()["osm_box"].parts()[3]
    >>> pointed([{"geometry": shapely.box(70, 45, 72, 46)}], plants)
    [{'geometry': <POINT (71 45.5)>}]
    """
    places = [
        n
        for n, row in enumerate(rows)
        if row["geometry"] is not None and row["geometry"].geom_type in _AREAL
    ]
    points = as_points([rows[n]["geometry"] for n in places], source)
    out = [dict(row) for row in rows]
    for n, point in zip(places, points, strict=True):
        out[n]["geometry"] = point
    return out


def _layer(element: Mapping[str, Any], asked: Iterable[str]) -> str:
    """The layer into which GDAL would sort it from a file."""
    tags = element["tags"]
    if element["type"] == "node":
        return "points"
    if element["type"] == "relation":
        joined = tags.get("type") in ("multipolygon", "boundary")
        return "multipolygons" if joined else "other_relations"
    corners = element.get("geometry") or []
    closed = len(corners) > 3 and corners[0] == corners[-1]
    marks = {*tags, *(f"{k}={v}" for k, v in tags.items())}
    areal = tags["area"] == "yes" if "area" in tags else not marks.isdisjoint(AREAS)
    return "multipolygons" if closed and areal and tuple(asked) != ("lines",) else "lines"


def _shape(element: Mapping[str, Any], layer: str) -> shapely.Geometry | None:
    """Its geometry, None where the answer gives none."""
    if layer == "points":
        return shapely.Point(element["lon"], element["lat"])
    if element["type"] == "way":
        corners = _corners(element)
        if layer == "multipolygons":
            return shapely.Polygon(corners)
        return shapely.LineString(corners) if len(corners) > 1 else None
    members = element.get("members") or []
    if layer == "multipolygons":
        outer = _rings(m for m in members if m.get("role") != "inner")
        inner = _rings(m for m in members if m.get("role") == "inner")
        if not outer.is_empty:
            return outer.difference(inner)
    parts: _Shapes = [
        shapely.Point(m["lon"], m["lat"]) for m in members if m.get("type") == "node" and "lon" in m
    ]
    parts += [shapely.LineString(c) for m in members if len(c := _corners(m)) > 1]
    return shapely.GeometryCollection(parts) if parts else None


def _corners(way: Mapping[str, Any]) -> list[tuple[float, float]]:
    # null stands for a node that the answer leaves out
    return [(c["lon"], c["lat"]) for c in way.get("geometry") or [] if c]


def _rings(members: Iterable[Mapping[str, Any]]) -> shapely.Geometry:
    """The areas that ways close together, in whatever order they come."""
    lines = [shapely.LineString(c) for m in members if len(c := _corners(m)) > 1]
    return shapely.union_all(shapely.polygonize(lines).geoms)


def chosen(rows: Sequence[Mapping[str, Any]], tags: Sequence[str], source: Source) -> pd.DataFrame:
    """Rows that meet ``reader.where``, as GDAL judges it for a file.

    Parameters
    ----------
    rows
        Tags, ``osm_ref`` and ``geometry``.
    tags
        Keys that become columns.
    source
        The entry.

    Returns
    -------
    pandas.DataFrame
        ``osm_ref``, the tags (None where a row lacks one) and ``geometry``.

    Raises
    ------
    SchemaError
        When the condition makes no sense.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> roads = load_catalog()["osm_box"].parts()[1]
    >>> rows = [{"osm_ref": f"way/{i}", "geometry": None, "highway": kind}
    ...         for i, kind in enumerate(["trunk", "track"])]
    >>> chosen(rows, ["highway"], roads)["highway"].tolist()
    ['trunk']
    """
    columns = ("osm_ref", *tags, "geometry")
    kept = _meeting(rows, tags, source) if rows else []
    return pd.DataFrame(
        {c: pd.Series([rows[n].get(c) for n in kept], dtype=object) for c in columns}
    )


def _meeting(
    rows: Sequence[Mapping[str, Any]], tags: Sequence[str], source: Source
) -> Sequence[int]:
    features = [
        {
            "type": "Feature",
            "geometry": None,
            "properties": {**{k: row.get(k) for k in tags}, "osm_row": number},
        }
        for number, row in enumerate(rows)
    ]
    collection = json.dumps({"type": "FeatureCollection", "features": features})
    try:
        kept = pyogrio.read_dataframe(
            io.BytesIO(collection.encode()),
            columns=["osm_row"],
            where=source.reader.where,
            read_geometry=False,
            DATE_AS_STRING="YES",
        )
    except (DataSourceError, DataLayerError, ValueError) as error:
        line = " ".join(str(error).split())
        raise SchemaError(
            f"{source.id}: the elements cannot be chosen as the entry asks ({line})",
            "correct reader.where in the catalogue entry",
        ) from error
    return [int(n) for n in kept["osm_row"]]

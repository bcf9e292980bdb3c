"""OpenStreetMap through Overpass: a box of at most a degree, asked for once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.ingest.http import Client
from geo_ree.ingest.osm import AREAS, as_points, as_table, wanted_layers
from geo_ree.ingest.osmtags import wanted_tags
from geo_ree.ingest.pages import read_pages, write_pages
from geo_ree.ingest.protocol import Arrival, Box, Order

MAX_SIDE_DEG = 1.0
"""A box may be this wide and this high; the service is there for small questions."""

MAX_ANSWER_BYTES = 600_000_000
"""A larger answer is refused; queries bound the memory of the server with ``maxsize``."""

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PLACE = "{bbox}"
_Shapes = list[shapely.Geometry]


def bring_overpass(order: Order, client: Client) -> Arrival:
    """Ask Overpass for the features in a box.

    Parameters
    ----------
    order
        The entry, whose ``reader.query.data`` is the query with ``{bbox}`` where the box
        (south, west, north, east) belongs; and the box.
    client
        Makes the one request.

    Returns
    -------
    Arrival

    Raises
    ------
    FetchError
        When the box is too large, or the service could not answer or only in part.
    """
    source = order.source
    query = _query(source, order.box)
    url = source.url
    body = client.get(
        url, data=urlencode({"data": query}), headers={**_FORM, **source.reader.headers},
        most_bytes=MAX_ANSWER_BYTES,
    )  # fmt: skip
    _, odd = _elements(body)
    if odd:
        raise FetchError(
            f"{source.id}: {url}: {odd}; nothing is kept of a part of an answer",
            "try again later, or ask for a smaller --bbox",
        )
    payload = order.folder / "pages.zip"
    write_pages(payload, {"page-00001.json": body})
    return Arrival(payload=payload, url=url, query=query)


def _query(source: Source, box: Box | None) -> str:
    template = source.reader.query.get("data", "")
    if _PLACE not in template:
        raise FetchError(
            f"{source.id}: the query has no place {_PLACE} for the box",
            "correct reader.query.data in the catalogue entry",
        )
    if box is None:
        raise FetchError(
            f"{source.id} is fetched for a part of the world only",
            "say which with --bbox WEST,SOUTH,EAST,NORTH",
        )
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise FetchError(
            f"{source.id}: {west:g},{south:g},{east:g},{north:g} is no box",
            "give --bbox WEST,SOUTH,EAST,NORTH in degrees",
        )
    if max(east - west, north - south) > MAX_SIDE_DEG + 1e-9:
        raise FetchError(
            f"{source.id}: the box is {east - west:g} by {north - south:g} degrees, Overpass is "
            f"asked for {MAX_SIDE_DEG:g} by {MAX_SIDE_DEG:g} at most",
            "take a smaller box, or a whole country with geo-ree fetch osm_kazakhstan (or "
            "another of the osm entries)",
        )
    return template.replace(_PLACE, f"{south:.7g},{west:.7g},{north:.7g},{east:.7g}").strip()


def _elements(body: bytes) -> tuple[list[dict[str, Any]], str]:
    """Elements of an answer, and what is wrong with it in words (blank for nothing)."""
    try:
        answer = json.loads(body)
    except ValueError:
        return [], "the answer is no JSON"
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        return [], "the answer has no elements"
    if answer.get("remark"):  # status 200 all the same, with what was found until then
        return [], f"the service remarks {' '.join(str(answer['remark']).split())!r}"
    return answer["elements"], ""


def read_overpass(path: Path, source: Source) -> pd.DataFrame:
    """Open one table of an answer of Overpass, with the same columns as `read_osm`.

    Parameters
    ----------
    path
        What `bring_overpass` wrote, or a file with one answer in JSON.
    source
        Its catalogue entry, or the view of it for one table.

    Returns
    -------
    geopandas.GeoDataFrame
        As `geo_ree.ingest.osm.read_osm` describes it.

    Raises
    ------
    SchemaError
        When the file is damaged, no answer of Overpass or one in part, or the entry asks for
        what cannot be.
    """
    cure = f"fetch it again with geo-ree fetch {source.id}"
    layers, tags = wanted_layers(source), wanted_tags(source)
    pages = read_pages(path, source) if zipfile.is_zipfile(path) else [("", _bytes(path, source))]
    found: dict[str, dict[str, Any]] = {}
    for name, body in pages:
        elements, odd = _elements(body)
        if odd:
            where = f"{path.name}/{name}" if name else path.name
            raise SchemaError(f"{source.id}: {where}: {odd}", cure)
        found |= {f"{e.get('type')}/{e.get('id')}": e for e in elements if e.get("tags")}
    sorted_in = {ref: _layer(e, layers) for ref, e in found.items()}
    rows = {r: e["tags"] for r, e in found.items() if sorted_in[r] in layers}
    table = _chosen(pd.DataFrame.from_dict(
        {r: {k: t.get(k) for k in tags} for r, t in rows.items()},
        orient="index", columns=list(tags), dtype=object,
    ), source)  # fmt: skip
    shapes = pd.Series([_shape(found[r], sorted_in[r]) for r in table.index], dtype=object)
    areas = [i for i, r in enumerate(table.index) if sorted_in[r] not in ("points", "lines")]
    shapes.iloc[areas] = as_points(shapes.iloc[areas].to_numpy(), source)
    return as_table(table.reset_index(names="osm_ref").assign(geometry=shapes), path, source)


def _bytes(path: Path, source: Source) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path} cannot be read ({error.strerror})", "check the path"
        ) from error


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
    areal = tags.get("area") == "yes" or not marks.isdisjoint(AREAS)
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


def _chosen(tags: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Rows that meet ``reader.where``, judged by GDAL as for a file."""
    features = [
        {"type": "Feature", "geometry": None, "properties": {**row, "osm_row": number}}
        for number, row in enumerate(tags.to_dict("records"))
    ]
    if not features:
        return tags
    collection = {"type": "FeatureCollection", "features": features}
    try:
        kept = pyogrio.read_dataframe(
            io.BytesIO(json.dumps(collection).encode()), columns=["osm_row"],
            where=source.reader.where, read_geometry=False, DATE_AS_STRING="YES",
        )  # fmt: skip
    except (DataSourceError, DataLayerError, ValueError) as error:
        line = " ".join(str(error).split())
        raise SchemaError(
            f"{source.id}: the elements cannot be chosen as the entry asks ({line})",
            "correct reader.where in the catalogue entry",
        ) from error
    return tags.iloc[kept["osm_row"].to_numpy(dtype="int64")]

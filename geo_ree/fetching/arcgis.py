"""Features in GeoJSON or Esri JSON, over many pages, as one table of texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import parse_member, printed, read_pages, told_keys, write_pages
from geo_ree.fetching.arcgis_query import Layer, Query, RefusedError, ask_service, gather
from geo_ree.fetching.download import Client
from geo_ree.fetching.features import crs_of, shape_of
from geo_ree.fetching.protocol import Payload, Request
from geo_ree.reading.features import PageError, told_names
from geo_ree.reading.formats import open_file
from geo_ree.reading.tables import cure_of, finished, numbered

_ESRI_TYPES = {
    "x": "esriGeometryPoint",
    "points": "esriGeometryMultipoint",
    "paths": "esriGeometryPolyline",
    "rings": "esriGeometryPolygon",
}
_LISTS = ("coordinates", "points", "paths", "rings")
_ESRI_HEADER = ("geometryType", "spatialReference", "hasZ", "hasM")
_NUMBER = "geo_ree_number"
_BROKEN = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    GeometryError,
    OSError,
    RuntimeError,
    ValueError,
)


def read_features(pages: Sequence[tuple[str, bytes]], source: Source) -> pd.DataFrame:
    """Read the features of one or many documents in GeoJSON or Esri JSON.

    Parameters
    ----------
    pages
        Name and bytes of each document, in order.
    source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        Values as the texts that were printed, nothing for null, codes of domains left alone; a
        GeoDataFrame unless no feature has a geometry. The index, ``row``, counts features
        from 1.

    Raises
    ------
    SchemaError
        When a document is something else, has no usable geometry or reference system, or lies
        outside the world; and when a column is missing.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> page = b'{"features": [{"attributes": {"Name": "Made-up"}, "geometry": {"x": 60, "y": 45}}'
    >>> page += b'], "spatialReference": {"wkid": 4326}}'
    >>> read_features([("page.json", page)], entry).to_wkt().loc[1].tolist()
    ['Made-up', 'POINT (60 45)']
    """
    where = pages[0][0].partition("/")[0]
    hint = cure_of(source)
    rows: list[dict[str, object]] = []
    geometries: list[dict[str, Any] | None] = []
    header: dict[str, Any] | None = None
    for name, body in pages:
        found = _collection(parse_member(name, body, source), name, source)
        if not found["features"]:
            continue
        texts = parse_member(name, body, source, numbers_as_texts=True)
        rows += [_attributes(feature) for feature in _collection(texts, name, source)["features"]]
        geometries += [_geometry(feature) for feature in found["features"]]
        if header is not None and _said(found) != _said(header):
            raise SchemaError(
                f"{source.id}: {name} is in another form or reference system than the page "
                "before it",
                hint,
            )
        header = found
    columns = list(dict.fromkeys(column for row in rows for column in row))
    frame = numbered(pd.DataFrame(rows, columns=columns, dtype=object))
    frame = finished(frame, source, where=where, hint=hint)
    if header is None or all(g is None for g in geometries):
        return frame
    places = _places(geometries, header, where, source, hint)
    places.index = frame.index
    return gpd.GeoDataFrame(
        frame.rename(columns={"geometry": "attribute.geometry"}), geometry=places
    )


def _collection(document: dict[str, Any], name: str, source: Source) -> dict[str, Any]:
    if document.get("type") == "Feature":
        document = {"type": "FeatureCollection", "features": [document]}
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise SchemaError(
            f"{source.id}: {name} is neither GeoJSON nor Esri JSON, it has no features "
            f"(it has: {told_keys(document)})",
            "save the result of the layer's query, with f=geojson or f=json, and give that",
        )
    return document


def _said(page: dict[str, Any]) -> tuple[bool, str]:
    """Whether a page is Esri JSON, and the reference system that it states."""
    features = page["features"]
    stated = page.get("spatialReference") or page.get("crs") or {}
    return bool(features) and "attributes" in features[0], json.dumps(stated, sort_keys=True)


def _attributes(feature: dict[str, Any]) -> dict[str, object]:
    given = feature.get("attributes", feature.get("properties")) or {}
    return {str(name): printed(value) for name, value in given.items()}


def _geometry(feature: dict[str, Any]) -> dict[str, Any] | None:
    found = feature.get("geometry")
    if not isinstance(found, dict) or not found:
        return None
    # Esri's way to write a point that is not there, and anybody's to write an empty geometry
    if "x" in found and str(found["x"]).lower() in ("nan", "none"):
        return None
    return None if any(found.get(name) == [] for name in _LISTS) else found


def _places(
    geometries: Sequence[dict[str, Any] | None],
    header: dict[str, Any],
    where: str,
    source: Source,
    hint: str,
) -> gpd.GeoSeries:
    is_esri, _ = _said(header)
    if is_esri:
        places = _esri_places(geometries, header, f"{source.id}: {where}", hint)
        return _referenced(places, header, where, source)
    try:
        shapes = [shape_of(g, f"row {row}") for row, g in enumerate(geometries, 1)]
        places = gpd.GeoSeries(shapes, crs=crs_of(header))
    except PageError as error:
        raise SchemaError(f"{source.id}: {where} {error.reason}", hint) from error
    return _referenced(places, header, where, source)


def _esri_places(
    geometries: Sequence[dict[str, Any] | None], header: dict[str, Any], label: str, hint: str
) -> gpd.GeoSeries:
    """Let GDAL build the geometries, each numbered, since it may well leave out or reorder."""
    unreadable = SchemaError(f"{label} has geometries that cannot be read", hint)
    try:
        frame = pyogrio.read_dataframe(json.dumps(_esri(geometries, header)).encode())
    except _BROKEN as error:
        raise unreadable from error
    if not isinstance(frame, gpd.GeoDataFrame) or len(frame) != len(geometries):
        raise unreadable
    places = frame.set_index(_NUMBER).geometry.reindex(range(len(geometries)))
    gone = places.isna().tolist()
    lost = [row for row, g in enumerate(geometries, 1) if g is not None and gone[row - 1]]
    if lost:
        raise SchemaError(f"{label} row {lost[0]} has a broken geometry", hint)
    return places


def _esri(geometries: Sequence[dict[str, Any] | None], header: dict[str, Any]) -> dict[str, Any]:
    said = {name: header[name] for name in _ESRI_HEADER if header.get(name)}
    first = next(g for g in geometries if g is not None)
    kinds = [kind for key, kind in _ESRI_TYPES.items() if key in first]
    said.setdefault("geometryType", kinds[0] if kinds else "esriGeometryPoint")
    said.setdefault("spatialReference", first.get("spatialReference"))
    fields = [{"name": _NUMBER, "type": "esriFieldTypeInteger"}]
    features = [
        {"attributes": {_NUMBER: number}, **({"geometry": geometry} if geometry else {})}
        for number, geometry in enumerate(geometries)
    ]
    return {**said, "fields": fields, "features": features}


def _referenced(
    places: gpd.GeoSeries, header: dict[str, Any], where: str, source: Source
) -> gpd.GeoSeries:
    stated = bool(header.get("crs") or header.get("spatialReference"))
    crs = source.reader.crs
    if crs and not stated:
        try:
            places = places.set_crs(crs, allow_override=True)
        except CRSError as error:
            raise SchemaError(
                f"{source.id}: no reference system is called {crs!r}",
                "correct reader.crs in the catalogue entry",
            ) from error
    if places.crs is None:
        raise SchemaError(
            f"{source.id}: {where} states no reference system",
            "give it as reader.crs in the catalogue entry",
        )
    west, south, east, north = places.total_bounds
    if places.crs.is_geographic and (west < -360 or east > 360 or south < -90 or north > 90):
        raise SchemaError(
            f"{source.id}: {where} has coordinates outside the world, as degrees "
            f"({west:g} to {east:g} east, {south:g} to {north:g} north)",
            "the service gives its own reference system: name it as reader.crs in the "
            "catalogue entry",
        )
    return places


_MOST_AT_ONCE = 2000
_USUAL_AT_ONCE = 1000
_LAYER = re.compile(r"(?P<service>https://.+/(?:MapServer|FeatureServer))/\d+$", re.IGNORECASE)


def download_layer(request: Request, client: Client) -> Payload:
    """Bring every feature of one layer of an ArcGIS server.

    The pages go by offset where the layer can do that, in the order of the object id, and by
    lists of object ids where it cannot or where it gives the same features again. The number
    of features is compared with the service's own count.

    Parameters
    ----------
    request
        The entry, whose url is that of a layer (``…/MapServer/2``), and the folder.
    client
        Makes the requests, one at a time.

    Returns
    -------
    Payload
        Its payload, ``pages.zip``, has the answers unchanged: ``layer.json``, ``count.json`` and
        ``page-00001.json`` onwards.

    Raises
    ------
    FetchError
        When the service refuses, is no layer, has no features, or gives fewer or more than it
        counts, some twice, or some that were not asked for.
    """
    source = request.source
    url = source.url.rstrip("/")
    description, said = _described(url, source, client)
    layer = _layer(url, said, source)
    wanted = {"where": source.reader.where or "1=1"}

    def query(params: Mapping[str, str]) -> tuple[bytes, dict[str, Any]]:
        return ask_service(f"{url}/query", {**wanted, **params}, source, client)

    counted, total = _count(query, layer, source)
    harvest = gather(query, layer, total, most_bytes=client.settings.max_download_bytes)
    if harvest.features != total:
        counted, total = _count(query, layer, source)  # it may have changed meanwhile
    if harvest.features != total:
        raise FetchError(
            f"{layer.where}: {harvest.features} features came, the service counts {total}",
            "fetch again later, or with a smaller reader.page_size in the catalogue entry",
        )
    payload = request.folder / "pages.zip"
    write_pages(payload, {"layer.json": description, "count.json": counted, **harvest.pages})
    asked = urlencode({**wanted, **harvest.layer.parameters()}, safe="*=/,")
    return Payload(path=payload, url=f"{url}/query", query=asked)


def read_layer(path: Path, source: Source) -> pd.DataFrame:
    """Open the features of a layer, as fetched or as somebody saved them.

    Parameters
    ----------
    path
        The pages, a file in GeoJSON or Esri JSON, or whatever else `open_file` opens.
    source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.fetching.arcgis.read_features` describes it.

    Raises
    ------
    SchemaError
        As that or `open_file` does.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "handed.geojson"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> read_layer(path, entry).to_wkt().loc[1].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    pages = read_pages(path, source).pages
    return read_features(pages, source) if pages else open_file(path, source)


def _described(url: str, source: Source, client: Client) -> tuple[bytes, dict[str, Any]]:
    service = _LAYER.match(url)
    root = service["service"] if service else url
    try:
        body, said = ask_service(url, {"f": "json"}, source, client)
    except RefusedError as error:
        layers = "" if service is None or error.closed else _layers(root, source, client)
        if not layers:
            raise
        raise FetchError(
            f"{error.what}; the service has the layers {layers}",
            "correct the number at the end of url in the catalogue entry",
        ) from error
    inner = said.get("layers") or said.get("subLayers") or []
    if service is None or (inner and not said.get("fields")):
        named = f"; it has {_named(inner)}" if inner else ""
        raise FetchError(
            f"{source.id}: {url} is no layer but a service or a group of layers{named}",
            f"give url the number of one layer, as in {root}/0, in the catalogue entry",
        )
    return body, said


def _layers(root: str, source: Source, client: Client) -> str:
    try:
        return _named(ask_service(root, {"f": "json"}, source, client)[1].get("layers") or [])
    except FetchError:  # the first error says more
        return ""


def _named(layers: list[Any]) -> str:
    told = [f"{one.get('id')} {one.get('name')!r}" for one in layers if isinstance(one, dict)]
    return told_names(told) if told else ""


def _layer(url: str, said: Mapping[str, Any], source: Source) -> Layer:
    able = said.get("advancedQueryCapabilities") or {}
    formats = str(said.get("supportedQueryFormats") or "").lower().replace(" ", "").split(",")
    limit = said.get("maxRecordCount")
    limit = limit if isinstance(limit, int) and limit > 0 else _USUAL_AT_ONCE
    return Layer(
        where=f"{source.id}: {url}",
        by_hand=f"ask the publisher for a copy, then geo-ree fetch {source.id} --file PATH",
        object_id=_object_id_field(said),
        at_once=min(limit, source.reader.page_size or _MOST_AT_ONCE),
        paged=bool(able.get("supportsPagination") or said.get("supportsPagination")),
        ordered=able.get("supportsOrderBy") is not False,
        format="geojson" if "geojson" in formats else "json",
    )


def _object_id_field(said: Mapping[str, Any]) -> str:
    if said.get("objectIdField"):
        return str(said["objectIdField"])
    fields = said.get("fields") or []
    named = [str(f.get("name")) for f in fields if f.get("type") == "esriFieldTypeOID"]
    return named[0] if named else ""


def _count(query: Query, layer: Layer, source: Source) -> tuple[bytes, int]:
    body, answer = query({"returnCountOnly": "true", "f": "json"})
    total = answer.get("count")
    if not isinstance(total, int):  # an old server that cannot count gives the ids instead
        body, answer = query({"returnIdsOnly": "true", "f": "json"})
        total = len(answer.get("objectIds") or [])
    if total == 0:
        raise FetchError(
            f"{layer.where} has no features where {source.reader.where or '1=1'}",
            "look at the layer in a browser; correct url or reader.where in the catalogue entry",
        )
    return body, total

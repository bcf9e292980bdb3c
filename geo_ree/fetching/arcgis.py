"""One layer of an ArcGIS server, downloaded whole and read as a table of texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import list_names, write_pages
from geo_ree.fetching.arcgis_query import (
    Query,
    RefusedError,
    ServiceLayer,
    download_pages,
    listed_ids,
    request_service,
)
from geo_ree.fetching.protocol import Payload, Request
from geo_ree.fetching.transport.download import Client
from geo_ree.reading.documents import count_of, objects_of
from geo_ree.reading.formats import open_file

_MAX_PAGE_SIZE = 2000
_USUAL_PAGE_SIZE = 1000
_LAYER = re.compile(r"(?P<service>https://.+/(?:MapServer|FeatureServer))/\d+$", re.IGNORECASE)


def download_layer(request: Request, client: Client) -> Payload:
    """Download every feature of one layer; the entry's url is the layer's (``…/MapServer/2``).

    The payload, ``pages.zip``, holds the answers unchanged: ``layer.json``, ``count.json`` and
    ``page-00001.json`` onwards.

    Raises `FetchError` if the service refuses, is no layer, has no features, or gives fewer or
    more than it counts, some twice, or some that were not requested.
    """
    source = request.source
    url = source.url.rstrip("/")
    description, said = _describe(url, source, client)
    layer = _layer(url, said, source)
    condition = {"where": source.reader.where or "1=1"}

    def query(params: Mapping[str, str]) -> tuple[bytes, dict[str, Any]]:
        return request_service(f"{url}/query", {**condition, **params}, source, client)

    counted, total = _count(query, layer, source)
    pages = download_pages(query, layer, total, max_bytes=client.settings.max_download_bytes)
    if pages.count != total:
        counted, total = _count(query, layer, source)  # the layer may have changed meanwhile
    if pages.count != total:
        raise FetchError(
            f"{layer.where}: {pages.count} features came, the service counts {total}",
            "fetch again later, or with a smaller reader.page_size in the catalogue entry",
        )
    payload = request.folder / "pages.zip"
    write_pages(payload, {"layer.json": description, "count.json": counted, **pages.members})
    asked = urlencode({**condition, **pages.layer.parameters()}, safe="*=/,")
    return Payload(path=payload, url=f"{url}/query", query=asked)


def _describe(url: str, source: Source, client: Client) -> tuple[bytes, dict[str, Any]]:
    """Return the description of the layer; if there is no such layer, list those there are."""
    service = _LAYER.match(url)
    root = service["service"] if service else url
    try:
        body, said = request_service(url, {"f": "json"}, source, client)
    except RefusedError as error:
        layers = "" if service is None or error.needs_login else _layers(root, source, client)
        if not layers:
            raise
        raise FetchError(
            f"{error.what}; the service has the layers {layers}",
            "correct the number at the end of url in the catalogue entry",
        ) from error
    inner = objects_of(said.get("layers")) or objects_of(said.get("subLayers"))
    if service is None or (inner and not said.get("fields")):
        named = f"; it has {_names(inner)}" if inner else ""
        raise FetchError(
            f"{source.id}: {url} is no layer but a service or a group of layers{named}",
            f"give url the number of one layer, as in {root}/0, in the catalogue entry",
        )
    return body, said


def _layers(root: str, source: Source, client: Client) -> str:
    try:
        said = request_service(root, {"f": "json"}, source, client)[1]
    except FetchError:  # the first error says more
        return ""
    return _names(objects_of(said.get("layers")))


def _names(layers: list[dict[str, Any]]) -> str:
    names = [f"{one.get('id')} {one.get('name')!r}" for one in layers]
    return list_names(names) if names else ""


def _layer(url: str, said: Mapping[str, Any], source: Source) -> ServiceLayer:
    able = said.get("advancedQueryCapabilities")
    able = able if isinstance(able, dict) else {}
    formats = str(said.get("supportedQueryFormats") or "").lower().replace(" ", "").split(",")
    fields = objects_of(said.get("fields"))
    id_fields = [str(f.get("name")) for f in fields if f.get("type") == "esriFieldTypeOID"]
    return ServiceLayer(
        where=f"{source.id}: {url}",
        hint=f"ask the publisher for a copy, then geo-ree fetch {source.id} --file PATH",
        object_id=str(said.get("objectIdField") or (id_fields or [""])[0]),
        page_size=min(
            count_of(said.get("maxRecordCount")) or _USUAL_PAGE_SIZE,
            source.reader.page_size or _MAX_PAGE_SIZE,
        ),
        has_offset=bool(able.get("supportsPagination") or said.get("supportsPagination")),
        sorts=able.get("supportsOrderBy") is not False,
        format="geojson" if "geojson" in formats else "json",
    )


def _count(query: Query, layer: ServiceLayer, source: Source) -> tuple[bytes, int]:
    body, answer = query({"returnCountOnly": "true", "f": "json"})
    total = count_of(answer.get("count"))
    if total is None:  # an old server that cannot count gives the ids instead
        body, answer = query({"returnIdsOnly": "true", "f": "json"})
        total = len(listed_ids(answer))
    if total == 0:
        raise FetchError(
            f"{layer.where} has no features where {source.reader.where or '1=1'}",
            "look at the layer in a browser; correct url or reader.where in the catalogue entry",
        )
    return body, total


def read_layer(path: Path, source: Source) -> pd.DataFrame:
    """Open the features of a layer, or a file that you provide in their place.

    Values are the texts that were printed, None for null; a date is a day, and a code of a domain
    the word that the layer has for it.

    Raises `SchemaError` as `open_file` does, and if coordinates in degrees lie outside the world:
    the server then ignored the reference system that was requested.
    """
    frame = open_file(path, source)
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs.is_geographic:
        west, south, east, north = frame.total_bounds
        if west < -360 or east > 360 or south < -90 or north > 90:
            raise SchemaError(
                f"{source.id}: {path.name} has coordinates outside the world, as degrees "
                f"({west:g} to {east:g} east, {south:g} to {north:g} north)",
                "the service gives its own reference system: name it as reader.crs in the "
                "catalogue entry",
            )
    return frame

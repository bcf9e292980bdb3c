"""Layers of ArcGIS servers: all of their features, over as many pages as it takes, or none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.ingest.arcgis_features import read_features
from geo_ree.ingest.arcgis_query import Layer, Query, gather
from geo_ree.ingest.arcgis_service import RefusedError, ask_service
from geo_ree.ingest.feature_page import told_names
from geo_ree.ingest.formats import open_file
from geo_ree.ingest.http import Client
from geo_ree.ingest.pages import read_pages, write_pages
from geo_ree.ingest.protocol import Arrival, Order

_MOST_AT_ONCE = 2000
_USUAL_AT_ONCE = 1000
_LAYER = re.compile(r"(?P<service>https://.+/(?:MapServer|FeatureServer))/\d+$", re.IGNORECASE)


def bring_layer(order: Order, client: Client) -> Arrival:
    """Bring every feature of one layer of an ArcGIS server.

    The pages go by offset where the layer can do that, in the order of the object id, and by
    lists of object ids where it cannot or where it gives the same features again. The number
    of features is compared with the service's own count.

    Parameters
    ----------
    order
        The entry, whose url is that of a layer (``…/MapServer/2``), and the folder.
    client
        Makes the requests, one at a time.

    Returns
    -------
    Arrival
        Its payload, ``pages.zip``, has the answers unchanged: ``layer.json``, ``count.json`` and
        ``page-00001.json`` onwards.

    Raises
    ------
    FetchError
        When the service refuses, is no layer, has no features, or gives fewer or more than it
        counts, some twice, or some that were not asked for.
    """
    source = order.source
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
    payload = order.folder / "pages.zip"
    write_pages(payload, {"layer.json": description, "count.json": counted, **harvest.pages})
    asked = urlencode({**wanted, **harvest.layer.parameters()}, safe="*=/,")
    return Arrival(payload=payload, url=f"{url}/query", query=asked)


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
        As `geo_ree.ingest.arcgis_features.read_features` describes it.

    Raises
    ------
    SchemaError
        As that or `open_file` does.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog import load_catalog
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

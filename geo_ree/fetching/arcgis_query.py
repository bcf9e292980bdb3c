"""Queries of an ArcGIS layer: its errors come inside HTTP 200, and its pages may repeat."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.answers import MAX_PAGES, request_json
from geo_ree.fetching.transport.download import Client
from geo_ree.fetching.transport.masking import masked, secrets_of
from geo_ree.reading.documents import arcgis_error, count_of, list_keys

logger = logging.getLogger(__name__)

Query = Callable[[Mapping[str, str]], tuple[bytes, dict[str, Any]]]
"""Queries the layer with some parameters; returns the answer as bytes and parsed."""

_OBJECT_ID = re.compile(r"-?[0-9]{1,18}")
_ATTEMPTS = 4
_BACKOFF_S = 0.5
_LONGEST_QUERY = 1800
_BUSY = (429, 500, 502, 503, 504)
_CLOSED = (401, 403, 498, 499)


class RefusedError(FetchError):
    """The service answered with an error of its own.

    `code` is its number, like that of an HTTP status; 0 if it gives none.
    """

    def __init__(self, what: str, hint: str, *, code: int = 0) -> None:
        super().__init__(what, hint)
        self.code = code

    @property
    def needs_login(self) -> bool:
        """Whether the service is open only to those who sign in."""
        return self.code in _CLOSED


def request_service(
    url: str, params: Mapping[str, str], source: Source, client: Client
) -> tuple[bytes, dict[str, Any]]:
    """Request a service, a layer or a query, again while the server says that it is busy.

    `params` are added to those of the catalogue entry, and sent as a form if they are long.
    Returns the answer as it came, and parsed.

    Raises `FetchError` if no JSON comes, and `RefusedError` if the answer, whatever its HTTP
    status, is an error of the service.
    """
    full = {**source.reader.query, **params}
    form = urlencode(full)
    headers = dict(source.reader.headers)
    error: dict[str, Any] = {}
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_BACKOFF_S * 2 ** (attempt - 1))
        if len(form) > _LONGEST_QUERY:  # longer addresses are cut or refused on the way
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            body, answer = request_json(client, url, data=form, headers={**headers, **kind})
        else:
            body, answer = request_json(client, url, params=full, headers=headers)
        if not isinstance(answer.get("error"), dict):
            return body, answer
        error = answer["error"]
        if _code(error) not in _BUSY:
            break
        text = masked(arcgis_error(error), secrets_of(source))
        logger.warning("%s: %s: %s", source.id, url, text)
    raise _refusal(error, f"{source.id}: {url}", source)


def _code(error: Mapping[str, Any]) -> int:
    return count_of(error.get("code")) or 0


def _refusal(error: Mapping[str, Any], where: str, source: Source) -> RefusedError:
    code = _code(error)
    if code in _CLOSED:
        page = f" ({source.landing_page})" if source.landing_page else ""
        hint = (
            f"it is open only to those who sign in: ask the publisher for a copy{page}, then "
            f"geo-ree fetch {source.id} --file PATH"
        )
    elif code in _BUSY:
        hint = "fetch again later, or with a smaller reader.page_size in the catalogue entry"
    else:
        hint = "check url and reader.where in the catalogue entry"
    return RefusedError(f"{where}: the service says {arcgis_error(error)}", hint, code=code)


@dataclass(frozen=True, kw_only=True)
class ServiceLayer:
    """What a layer says of itself, as far as queries need it.

    Attributes
    ----------
    where
        Source and address, for errors.
    hint
        What to do if the service cannot be relied on.
    object_id
        Field with the object id; blank if it names none.
    page_size
        Features to request at once.
    has_offset
        Whether it can skip the first features of an answer.
    sorts
        Whether it can sort.
    format
        ``geojson`` or ``json`` (Esri's own).
    """

    where: str
    hint: str
    object_id: str
    page_size: int
    has_offset: bool
    sorts: bool
    format: str

    def parameters(self) -> dict[str, str]:
        """Return the parameters of every page of features."""
        sort = {"orderByFields": f"{self.object_id} ASC"} if self.object_id and self.sorts else {}
        return {
            "outFields": "*",
            "outSR": "4326",
            "returnGeometry": "true",
            **sort,
            "f": self.format,
        }


class _RepeatError(Exception):
    """The service gives features again that it gave before."""


class LayerPages:
    """The pages that came from a layer, without repetition, and the number of their features."""

    def __init__(self, layer: ServiceLayer, max_bytes: int) -> None:
        self.layer = layer
        self.max_bytes = max_bytes
        self.members: dict[str, bytes] = {}
        self.count = 0
        self._bytes = 0
        self._seen: set[str] = set()

    def add(self, body: bytes, features: list[dict[str, Any]]) -> None:
        """Keep a page, unless it repeats one before it."""
        # without object ids two features may well be the same, but no two pages are
        keys = _object_ids(features, self.layer) or [hashlib.sha256(body).hexdigest()]
        if self._seen.intersection(keys) or len(set(keys)) < len(keys):
            raise _RepeatError
        self._seen.update(keys)
        self.count += len(features)
        self._bytes += len(body)
        if self._bytes > self.max_bytes:
            raise FetchError(
                f"{self.layer.where}: the pages have more than {self.max_bytes} bytes",
                "narrow reader.where in the catalogue entry, or raise Settings.max_download_bytes",
            )
        if len(self.members) >= MAX_PAGES:
            raise FetchError(f"{self.layer.where}: no end after {MAX_PAGES} pages", self.layer.hint)
        self.members[f"page-{len(self.members) + 1:05d}.json"] = body


def download_pages(query: Query, layer: ServiceLayer, total: int, *, max_bytes: int) -> LayerPages:
    """Request all features of a layer, `total` as the service counts them.

    Pages go by offset if the layer can do that, until `total` is reached or an answer is empty; by
    object ids if it cannot, or if it gives the same features again. Whether all came is for the
    caller to check.

    Raises `FetchError` if the service repeats features all the same, or gives others than those
    requested.
    """
    if layer.has_offset:
        pages = LayerPages(layer, max_bytes)
        try:
            for body, features in _by_offset(query, layer, total):
                pages.add(body, features)
        except _RepeatError:
            logger.warning("%s: pages repeat, going by object ids", layer.where)
        else:
            return pages
    _, answer = query({"returnIdsOnly": "true", "f": "json"})
    wanted = listed_ids(answer)
    if not wanted:
        raise FetchError(
            f"{layer.where}: the service can neither go on from a page nor give object ids",
            layer.hint,
        )
    object_id = str(answer.get("objectIdFieldName") or layer.object_id)
    # Esri's own JSON always has the object id among the attributes
    pages = LayerPages(replace(layer, object_id=object_id, format="json"), max_bytes)
    try:
        for body, features in _by_object_ids(query, pages.layer, wanted):
            pages.add(body, features)
    except _RepeatError:
        raise FetchError(
            f"{layer.where}: the service gives the same features again and again, "
            f"{pages.count} of {total} came",
            layer.hint,
        ) from None
    return pages


def listed_ids(answer: Mapping[str, Any]) -> list[int]:
    """Return the object ids that a service lists, sorted, each once."""
    listed = answer.get("objectIds")
    texts = map(str, listed if isinstance(listed, list) else [])
    return sorted({int(text) for text in texts if _OBJECT_ID.fullmatch(text)})


_Page = tuple[bytes, list[dict[str, Any]]]


def _by_offset(query: Query, layer: ServiceLayer, total: int) -> Iterator[_Page]:
    offset = 0
    while True:
        page = {"resultOffset": str(offset), "resultRecordCount": str(layer.page_size)}
        body, answer = query({**layer.parameters(), **page})
        features = _features(answer, layer)
        if not features:
            return
        yield body, features
        offset += len(features)
        inner = answer.get("properties")
        exceeded = answer.get("exceededTransferLimit") is True or (
            isinstance(inner, dict) and inner.get("exceededTransferLimit") is True
        )
        # by number first: many servers leave the flag out of GeoJSON, or set it wrongly
        if offset >= total and not exceeded:
            return


def _by_object_ids(query: Query, layer: ServiceLayer, wanted: list[int]) -> Iterator[_Page]:
    size, pending = layer.page_size, wanted
    while pending:
        requested, later = pending[:size], pending[size:]
        body, answer = query({**layer.parameters(), "objectIds": ",".join(map(str, requested))})
        features = _features(answer, layer)
        came = set(_object_ids(features, layer))
        if not came or came - set(map(str, requested)):
            odd = "features that were not requested" if features else "none of them"
            raise FetchError(
                f"{layer.where}: {len(requested)} features were requested by their object ids, "
                f"from {requested[0]} on; the service gave {odd}",
                layer.hint,
            )
        yield body, features
        size = min(size, len(came))  # what it really gives at once
        pending = [i for i in requested if str(i) not in came] + later


def _features(answer: Mapping[str, Any], layer: ServiceLayer) -> list[dict[str, Any]]:
    found = answer.get("features")
    if not isinstance(found, list) or not all(isinstance(f, dict) for f in found):
        raise FetchError(
            f"{layer.where}: the answer has no features (it has: {list_keys(answer)})",
            "open the address in a browser; the publisher may have changed the service",
        )
    return found


def _object_ids(features: list[dict[str, Any]], layer: ServiceLayer) -> list[str]:
    """Return the object id of each feature; nothing at all if one has none."""
    ids = []
    for feature in features:
        values = feature.get("attributes") or feature.get("properties")
        values = values if isinstance(values, dict) else {}
        found = values.get(layer.object_id, feature.get("id"))
        if found is None:
            return []
        ids.append(str(found))
    return ids

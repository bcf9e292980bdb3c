"""Asking an ArcGIS server, which tells of errors inside HTTP 200."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.answers import ask, told_error, told_keys
from geo_ree.fetching.download import Client
from geo_ree.fetching.session import masked, secrets_of

logger = logging.getLogger(__name__)


_ATTEMPTS = 4
_BACKOFF_S = 0.5
_LONGEST_QUERY = 1800
_BUSY = (429, 500, 502, 503, 504)
_CLOSED = (401, 403, 498, 499)


class RefusedError(FetchError):
    """The service answered with an error of its own.

    Parameters
    ----------
    code
        The error's number, like that of an HTTP status; 0 where it gives none.
    """

    def __init__(self, what: str, hint: str, *, code: int = 0) -> None:
        super().__init__(what, hint)
        self.code = code

    @property
    def closed(self) -> bool:
        """Whether it wants somebody to sign in."""
        return self.code in _CLOSED


def ask_service(
    url: str, params: Mapping[str, str], source: Source, client: Client
) -> tuple[bytes, dict[str, Any]]:
    """Ask an ArcGIS server, again while it says that it is busy.

    Parameters
    ----------
    url
        Of a service, a layer, or its query.
    params
        Added to those of the catalogue entry; sent as a form where they are long.
    source
        The catalogue entry.
    client
        Makes the request.

    Returns
    -------
    tuple of bytes and dict
        The answer as it came, and what it says.

    Raises
    ------
    FetchError
        When there is no answer in JSON.
    RefusedError
        When the answer, whatever its HTTP status, is an error of the service.
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
            body, answer = ask(client, url, data=form, headers={**headers, **kind})
        else:
            body, answer = ask(client, url, params=full, headers=headers)
        if not isinstance(answer.get("error"), dict):
            return body, answer
        error = answer["error"]
        if _code(error) not in _BUSY:
            break
        logger.warning("%s: %s: %s", source.id, url, masked(told_error(error), secrets_of(source)))
    raise _refusal(error, f"{source.id}: {url}", source)


def _code(error: Mapping[str, Any]) -> int:
    code = str(error.get("code", ""))
    return int(code) if code.isdigit() else 0


def _refusal(error: Mapping[str, Any], where: str, source: Source) -> RefusedError:
    what = f"{where}: the service says {told_error(error)}"
    code = _code(error)
    if code in _CLOSED:
        page = f" ({source.landing_page})" if source.landing_page else ""
        hint = f"it is open only to those who sign in: ask the publisher for a copy{page}, then "
        hint += f"geo-ree fetch {source.id} --file PATH"
    elif code in _BUSY:
        hint = "fetch again later, or with a smaller reader.page_size in the catalogue entry"
    else:
        hint = "check url and reader.where in the catalogue entry"
    return RefusedError(what, hint, code=code)


Query = Callable[[Mapping[str, str]], tuple[bytes, dict[str, Any]]]
"""Asks the layer with some parameters: the answer as bytes, and what it says."""

_Page = tuple[bytes, list[dict[str, Any]]]


class _RepeatError(Exception):
    """The service gives features again that it gave before."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What a layer says of itself, as far as it matters for asking.

    Parameters
    ----------
    where
        Source and address, for errors.
    by_hand
        The hint when the service cannot be relied on.
    object_id
        Field with the object id; blank where it names none.
    at_once
        Features to ask for at once.
    paged
        Whether it can leave out the first features of an answer.
    ordered
        Whether it can sort.
    format
        ``geojson`` or ``json`` (Esri's own).
    """

    where: str
    by_hand: str
    object_id: str
    at_once: int
    paged: bool
    ordered: bool
    format: str

    def parameters(self) -> dict[str, str]:
        """Give the parameters that every page of features is asked with."""
        sort = {"orderByFields": f"{self.object_id} ASC"} if self.object_id and self.ordered else {}
        return {
            "outFields": "*",
            "outSR": "4326",
            "returnGeometry": "true",
            **sort,
            "f": self.format,
        }


@dataclass
class Harvest:
    """The pages that came from a layer, and the number of features in them."""

    layer: Layer
    most_bytes: int
    pages: dict[str, bytes] = field(default_factory=dict)
    features: int = 0
    _bytes: int = 0
    _seen: set[str] = field(default_factory=set)

    def add(self, body: bytes, features: list[dict[str, Any]]) -> None:
        """Keep a page, unless it repeats one before it."""
        # without object ids two features may well be the same, but no two pages are
        marks = _object_ids(features, self.layer) or [hashlib.sha256(body).hexdigest()]
        if self._seen.intersection(marks) or len(set(marks)) < len(marks):
            raise _RepeatError
        self._seen.update(marks)
        self.features += len(features)
        self._bytes += len(body)
        if self._bytes > self.most_bytes:
            raise FetchError(
                f"{self.layer.where}: the pages have more than {self.most_bytes} bytes",
                "narrow reader.where in the catalogue entry, or raise Settings.max_download_bytes",
            )
        self.pages[f"page-{len(self.pages) + 1:05d}.json"] = body


def gather(query: Query, layer: Layer, total: int, *, most_bytes: int) -> Harvest:
    """Ask for all features of a layer.

    Parameters
    ----------
    query
        Asks the layer.
    layer
        What the layer can do.
    total
        Number of features as the service counts them; pages are asked for until it is reached
        or an answer is empty.
    most_bytes
        Of all pages together.

    Returns
    -------
    Harvest
        Pages that do not overlap. Whether they are all is for the caller to see.

    Raises
    ------
    FetchError
        When the service gives features again and again, or others than those asked for.
    """
    if layer.paged:
        harvest = Harvest(layer, most_bytes)
        try:
            for body, features in _by_offset(query, layer, total):
                harvest.add(body, features)
        except _RepeatError:  # it says that it can go by offset, but ignores it
            logger.warning("%s: pages repeat, going by object ids", layer.where)
        else:
            return harvest
    _, answer = query({"returnIdsOnly": "true", "f": "json"})
    wanted = sorted({int(i) for i in answer.get("objectIds") or []})
    if not wanted:
        raise FetchError(
            f"{layer.where}: the service can neither go on from a page nor give object ids",
            layer.by_hand,
        )
    named = str(answer.get("objectIdFieldName") or layer.object_id)
    # Esri's own JSON always has the object id among the attributes
    harvest = Harvest(replace(layer, object_id=named, format="json"), most_bytes)
    try:
        for body, features in _by_object_ids(query, harvest.layer, wanted):
            harvest.add(body, features)
    except _RepeatError:
        raise FetchError(
            f"{layer.where}: the service gives the same features again and again, "
            f"{harvest.features} of {total} came",
            layer.by_hand,
        ) from None
    return harvest


def _by_offset(query: Query, layer: Layer, total: int) -> Iterator[_Page]:
    offset = 0
    while True:
        page = {"resultOffset": str(offset), "resultRecordCount": str(layer.at_once)}
        body, answer = query({**layer.parameters(), **page})
        features = _features(answer, layer)
        if not features:
            return
        yield body, features
        offset += len(features)
        # by number first: many servers leave the flag out of GeoJSON, or set it wrongly
        if offset >= total and not _exceeded(answer):
            return


def _exceeded(answer: Mapping[str, Any]) -> bool:
    inner = answer.get("properties")
    return answer.get("exceededTransferLimit") is True or (
        isinstance(inner, dict) and inner.get("exceededTransferLimit") is True
    )


def _by_object_ids(query: Query, layer: Layer, wanted: list[int]) -> Iterator[_Page]:
    at_once, pending = layer.at_once, wanted
    while pending:
        asked, later = pending[:at_once], pending[at_once:]
        body, answer = query({**layer.parameters(), "objectIds": ",".join(map(str, asked))})
        features = _features(answer, layer)
        came = set(_object_ids(features, layer))
        if not came or came - set(map(str, asked)):
            odd = "features that were not asked for" if features else "none of them"
            raise FetchError(
                f"{layer.where}: asked for {len(asked)} features by their object ids, from "
                f"{asked[0]} on, the service gave {odd}",
                layer.by_hand,
            )
        yield body, features
        at_once = min(at_once, len(came))  # what it really gives at once
        pending = [i for i in asked if str(i) not in came] + later


def _features(answer: Mapping[str, Any], layer: Layer) -> list[dict[str, Any]]:
    found = answer.get("features")
    if not isinstance(found, list) or not all(isinstance(f, dict) for f in found):
        raise FetchError(
            f"{layer.where}: the answer has no features (it has: {told_keys(answer)})",
            "open the address in a browser; the publisher may have changed the service",
        )
    return found


def _object_ids(features: list[dict[str, Any]], layer: Layer) -> list[str]:
    """Give the object id of each feature; none at all when one has none."""
    out = []
    for feature in features:
        values = feature.get("attributes") or feature.get("properties") or {}
        found = values.get(layer.object_id, feature.get("id"))
        if found is None:
            return []
        out.append(str(found))
    return out

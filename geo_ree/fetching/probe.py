"""Check whether a source answers: one light request each, and nothing is kept."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from geo_ree.catalog.source import Source
from geo_ree.errors import GeoReeError, SchemaError, SettingsError, describe_unexpected
from geo_ree.fetching.arcgis_query import RefusedError, request_service
from geo_ree.fetching.cog import tile_names
from geo_ree.fetching.monthly_files import newest_month
from geo_ree.fetching.ogcapi import collection_address
from geo_ree.fetching.sciencebase import UnlistedError, item_page
from geo_ree.fetching.sql import open_rows
from geo_ree.fetching.transport.download import Client
from geo_ree.fetching.transport.masking import masked, masking_errors, secrets_of
from geo_ree.fetching.wfs import ask_capabilities
from geo_ree.settings import REGION, Settings
from geo_ree.storage import scratch_folder, starter_path

logger = logging.getLogger(__name__)

_GOOD = ("starter", "reachable", "manual", "none", "offline")

_HTTP_STATUS = re.compile(r"\bHTTP (\d{3})\b")
_MOVED = (404, 410)
_REFUSED = (401, 403, 498, 499)  # the last two are ArcGIS's own, for a token
_NARROW = 1e-6  # degrees, within one tile
_ENOUGH_BYTES = 2048  # what the client checks to distinguish a file from a web page


@dataclass(frozen=True)
class State:
    """What a probe found.

    `word` is ``starter``, ``reachable``, ``moved (404)`` (with a mirror ``not on the mirror (404)``),
    ``moved (no such layer)``, ``refused (403)``, ``not found by title``, ``failed``, ``manual``,
    ``none`` or ``offline``; `detail` is one line, blank if the word says it all.
    """

    word: str
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong: a source that cannot be requested cannot fail."""
        return self.word in _GOOD


class _EnoughError(Exception):
    """The first bytes came: the rest of the file is not needed."""


class _NotThereError(Exception):
    """The service answers, but does not have what the entry names."""


def probe(source: Source, settings: Settings) -> State:
    """Make the smallest request that shows whether a source answers.

    For a file these are its first bytes, for a service the description of the layer, for tiles
    the one in the middle of the region. A source that does not answer raises nothing: that is
    the result. Raises a SettingsError if the mirror is not a web address.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> probe(load_catalog()["uzbekistan_geology"], Settings()).word
    'none'
    """
    if source.protocol == "starter":
        return _starter(source)
    if not source.fetchable:
        return State("none" if source.status == "none" else "manual")
    if settings.offline:
        return State("offline")
    try:
        with masking_errors(source, settings), Client.for_source(source, settings) as client:
            _PROBES.get(source.protocol, _probe_file)(source, client)
    except _NotThereError as error:
        return State(
            "not found by title" if source.protocol == "sciencebase" else "moved (no such layer)",
            str(error),
        )
    except (SettingsError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - of one source: the others are still checked
        return _state_of(error, source, settings)
    return State("reachable")


def _starter(source: Source) -> State:
    try:
        starter_path(source.reader.member)
    except SchemaError as error:
        return State("failed", str(error))
    return State("starter")


def _state_of(error: Exception, source: Source, settings: Settings) -> State:
    if not isinstance(error, GeoReeError):
        logger.debug("%s", source.id, exc_info=error)
        return State("failed", masked("; ".join(describe_unexpected(error)), secrets_of(source)))
    detail = str(error).removeprefix(f"{source.id}: ")
    found = _HTTP_STATUS.search(error.what)
    status = int(found.group(1)) if found else 0
    if isinstance(error, RefusedError):  # ArcGIS reports errors inside HTTP 200
        status = error.code
    if status in _MOVED:
        return State(f"{'not on the mirror' if settings.mirror else 'moved'} ({status})", detail)
    if status in _REFUSED:
        return State(f"refused ({status})", detail)
    return State("failed", detail)


def _probe_file(source: Source, client: Client) -> None:
    query = source.reader.query
    newest_month(source.url, source.id, lambda url: _first_bytes(url, query, source, client))


def _first_bytes(url: str, params: Mapping[str, str], source: Source, client: Client) -> None:
    """Request the first bytes of a file, and stop when they came and are not a web page.

    Not every server knows Range: then the rest of the file is not waited for.
    """

    def stop(received: int, expected: int | None) -> None:
        if received >= _ENOUGH_BYTES:
            raise _EnoughError

    headers = {**source.reader.headers, "Range": f"bytes=0-{_ENOUGH_BYTES - 1}"}
    with (
        replace(client, on_bytes=stop) as brief,
        scratch_folder() as folder,
        contextlib.suppress(_EnoughError),
    ):
        brief.download(url, folder / "start", params=params, headers=headers)


def _probe_arcgis(source: Source, client: Client) -> None:
    request_service(source.url, {"f": "json"}, source, client)


def _probe_wfs(source: Source, client: Client) -> None:
    _, offered = ask_capabilities(client, source)
    name = source.reader.type_name
    if name and offered.find(name) is None:
        raise _NotThereError(f"{source.url} answers, but has no layer {name}")


def _probe_ogcapi(source: Source, client: Client) -> None:
    url = collection_address(source) if source.reader.collection else source.url
    client.get_json(url, params={"f": "json", **source.reader.query}, headers=source.reader.headers)


def _probe_jqgrid(source: Source, client: Client) -> None:
    client.get_json(
        source.url,
        params={"page": "1", "rows": "1", **source.reader.query},
        headers=source.reader.headers,
    )


def _probe_overpass(source: Source, client: Client) -> None:
    client.get(f"{source.url.rpartition('/')[0]}/status", headers=source.reader.headers)


def _probe_sciencebase(source: Source, client: Client) -> None:
    try:
        page = item_page(source, client)
    except UnlistedError as error:
        raise _NotThereError(error.what.removeprefix(f"{source.id}: ")) from error
    if source.reader.item or not source.reader.title:  # a title has been found by now
        client.get_json(page, params={"format": "json", "fields": "title"})


def _probe_tile(source: Source, client: Client) -> None:
    west, south, east, north = REGION
    lon, lat = (west + east) / 2, (south + north) / 2
    (url,) = tile_names(source, (lon, lat, lon + _NARROW, lat + _NARROW)).values()
    _first_bytes(url, source.reader.query, source, client)


def _probe_sql(source: Source, client: Client) -> None:
    with open_rows(source, client.settings) as found:
        next(found.batches, None)


_PROBES: Mapping[str, Callable[[Source, Client], None]] = MappingProxyType(
    {
        "sciencebase": _probe_sciencebase,
        "arcgis": _probe_arcgis,
        "wfs": _probe_wfs,
        "ogcapi": _probe_ogcapi,
        "jqgrid": _probe_jqgrid,
        "overpass": _probe_overpass,
        "cog": _probe_tile,
        "sql": _probe_sql,
    }
)

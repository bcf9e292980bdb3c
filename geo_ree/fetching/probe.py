"""Is a source where the catalogue says it is? One light request each, nothing kept."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.arcgis_query import RefusedError, request_service
from geo_ree.fetching.cog import tile_names
from geo_ree.fetching.download import Client
from geo_ree.fetching.ogcapi import collection_address
from geo_ree.fetching.sciencebase import UnlistedError, item_page
from geo_ree.fetching.session import masking_errors
from geo_ree.fetching.wfs import ask_capabilities
from geo_ree.settings import REGION, Settings
from geo_ree.storage import starter_path

GOOD = ("starter", "reachable", "manual", "none", "offline")
"""States that are no failure."""

_HTTP_STATUS = re.compile(r"\bHTTP (\d{3})\b")
_MOVED = (404, 410)
_REFUSED = (401, 403, 498, 499)  # the last two are ArcGIS's own, for a token
_NARROW = 1e-6  # degrees, within one tile
_ENOUGH_BYTES = 2048  # what the client looks at to tell a file from a web page


@dataclass(frozen=True)
class State:
    """What a probe found.

    Parameters
    ----------
    word
        ``starter``, ``reachable``, ``moved (404)`` (``not on the mirror (404)`` where one was asked),
        ``moved (no such layer)``, ``refused (403)``, ``not found by title``,
        ``failed``, ``manual``, ``none`` or ``offline``.
    detail
        One line for people; blank where the word says it all.
    """

    word: str
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong: what cannot be asked for cannot fail."""
        return self.word in GOOD


class _EnoughError(Exception):
    """The first bytes came: the rest of the file is not wanted."""


class _NotThereError(Exception):
    """The service answers, but what the entry names is not in it."""


def probe(source: Source, settings: Settings) -> State:
    """Ask for the least that shows whether a source is there.

    Parameters
    ----------
    source
        Its catalogue entry.
    settings
        Mirror, timeouts, and whether the network may be used at all.

    Returns
    -------
    State
        For a file its first bytes were asked for, for a service the description of the layer,
        for tiles the one in the middle of the region. Nothing is raised for a source that
        cannot be had: that is the answer.

    Raises
    ------
    SettingsError
        When the mirror is no web address.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> probe(load_catalog()["uzbekistan_geology"], Settings()).word
    'none'
    >>> probe(load_catalog()["usgs_ree"], Settings(offline=True)).word
    'offline'
    """
    if source.protocol == "starter":
        return _starter(source)
    if not source.fetchable:
        return State("none" if source.status == "none" else "manual")
    if settings.offline:
        return State("offline")
    try:
        with masking_errors(source, settings), Client.for_source(source, settings) as client:
            _ASK.get(source.protocol, _ask_file)(source, client)
    except _NotThereError as error:
        return State(
            "not found by title" if source.protocol == "sciencebase" else "moved (no such layer)",
            str(error),
        )
    except FetchError as error:
        return _state_of(error, source, settings)
    return State("reachable")


def _starter(source: Source) -> State:
    try:
        starter_path(source.reader.member)
    except SchemaError as error:
        return State("failed", str(error))
    return State("starter")


def _state_of(error: FetchError, source: Source, settings: Settings) -> State:
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


def _ask_file(source: Source, client: Client) -> None:
    _first_bytes(source.url, source.reader.query, source, client)


def _first_bytes(url: str, params: Mapping[str, str], source: Source, client: Client) -> None:
    """Break off when the first bytes are there and are no web page, whatever the file's size.

    They alone are asked for, but not every server knows Range.
    """

    def stop(received: int, expected: int | None) -> None:
        if received >= _ENOUGH_BYTES:
            raise _EnoughError

    headers = {**source.reader.headers, "Range": f"bytes=0-{_ENOUGH_BYTES - 1}"}
    with (
        replace(client, on_bytes=stop) as hasty,
        tempfile.TemporaryDirectory(prefix="geo_ree-") as folder,
        contextlib.suppress(_EnoughError),
    ):
        hasty.download(url, Path(folder) / "start", params=params, headers=headers)


def _ask_arcgis(source: Source, client: Client) -> None:
    request_service(source.url, {"f": "json"}, source, client)


def _ask_wfs(source: Source, client: Client) -> None:
    _, offered = ask_capabilities(client, source)
    name = source.reader.type_name
    if name and offered.find(name) is None:
        raise _NotThereError(f"{source.url} answers, but has no layer {name}")


def _ask_ogcapi(source: Source, client: Client) -> None:
    url = collection_address(source) if source.reader.collection else source.url
    client.get_json(url, params={"f": "json", **source.reader.query}, headers=source.reader.headers)


def _ask_jqgrid(source: Source, client: Client) -> None:
    client.get_json(
        source.url,
        params={"page": "1", "rows": "1", **source.reader.query},
        headers=source.reader.headers,
    )


def _ask_overpass(source: Source, client: Client) -> None:
    client.get(f"{source.url.rpartition('/')[0]}/status", headers=source.reader.headers)


def _ask_sciencebase(source: Source, client: Client) -> None:
    try:
        page = item_page(source, client)
    except UnlistedError as error:
        raise _NotThereError(error.what.removeprefix(f"{source.id}: ")) from error
    if source.reader.item or not source.reader.title:  # a title was found already
        client.get_json(page, params={"format": "json", "fields": "title"})


def _ask_tile(source: Source, client: Client) -> None:
    west, south, east, north = REGION
    lon, lat = (west + east) / 2, (south + north) / 2
    (url,) = tile_names(source, (lon, lat, lon + _NARROW, lat + _NARROW)).values()
    _first_bytes(url, source.reader.query, source, client)


_ASK: Mapping[str, Callable[[Source, Client], None]] = MappingProxyType(
    {
        "sciencebase": _ask_sciencebase,
        "arcgis": _ask_arcgis,
        "wfs": _ask_wfs,
        "ogcapi": _ask_ogcapi,
        "jqgrid": _ask_jqgrid,
        "overpass": _ask_overpass,
        "cog": _ask_tile,
    }
)

"""The one file that an entry names: an archive, a table, a workbook, a layer."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from geo_ree.catalog.source import Source
from geo_ree.ingest.http import ZIP_MAGIC, Client
from geo_ree.ingest.protocol import Arrival, Order
from geo_ree.ingest.secrets import told_query

_ZIPS = (".zip", ".xlsx", ".kmz")


def bring_file(order: Order, client: Client) -> Arrival:
    """Download the one file that an entry names.

    Parameters
    ----------
    order
        The entry, and where to put its file.
    client
        Makes the request.

    Returns
    -------
    Arrival
        Its query is what was added to the address. The server is asked whether the file at hand
        is unchanged only where that one was asked for in the same way.

    Raises
    ------
    FetchError
        When it cannot be had, or is no zip archive although the entry says so: by the end of
        its url, or by naming a member.
    """
    url, reader = order.source.url, order.source.reader
    payload = order.folder / _file_name(order.source)
    query = told_query(reader.query)
    same = query == order.query
    came = client.download(
        url, payload, magic=_magic(order.source), params=reader.query, headers=reader.headers,
        etag=order.etag if same else "", last_modified=order.last_modified if same else "",
    )  # fmt: skip
    return Arrival(payload=payload, url=url, query=query, etag=came.etag,
                   last_modified=came.last_modified, unchanged=came.unchanged)  # fmt: skip


def _magic(source: Source) -> tuple[bytes, ...]:
    """Only a zip archive can be told from a web page by its first bytes alone."""
    zipped = source.reader.member or _path(source).suffix.lower() in _ZIPS
    return ZIP_MAGIC if zipped else ()


def _path(source: Source) -> PurePosixPath:
    return PurePosixPath(unquote(urlsplit(source.url).path))


def _file_name(source: Source) -> str:
    name = _path(source).name
    return name if name not in ("", ".", "..") and "\\" not in name else f"{source.id}.zip"

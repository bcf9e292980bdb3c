"""Answers in JSON: asked for as bytes that are kept, and found again in a payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.ingest.http import ZIP_MAGIC, Client
from geo_ree.ingest.tables import cure_of
from geo_ree.ingest.unpack import Archive

_MOST_BYTES = 256_000_000
_ABOUT = ("layer.json", "count.json")
_OTHERS = (".shp", ".gpkg", ".gdbtable", ".csv", ".kml", ".gml")


def ask(
    client: Client, url: str, *, params: Mapping[str, str] | None = None, data: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[bytes, dict[str, Any]]:  # fmt: skip
    """Ask for an object in JSON, and give it with the bytes that it came in.

    Parameters
    ----------
    client
        Makes the request.
    url, params, data, headers
        As for `Client.get`.

    Returns
    -------
    tuple of bytes and dict

    Raises
    ------
    FetchError
        As `Client.get` does, and when the answer is no object in JSON.
    """
    body = client.get(url, params=params, data=data, headers=headers, most_bytes=_MOST_BYTES)
    try:
        answer = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        start = " ".join(body[:80].decode("utf-8", "replace").split())
        raise FetchError(
            f"{client.what}: {url}: the answer is no JSON object (it begins with {start!r})",
            "open the address in a browser; the publisher may have changed the service",
        )
    return body, answer


def documents(path: Path, source: Source) -> list[tuple[str, bytes]]:
    """Give the documents in JSON that a payload holds, names first.

    Parameters
    ----------
    path
        Pages as they were fetched, a file in JSON that somebody was handed, or a zip of them.
    source
        Its catalogue entry.

    Returns
    -------
    list of tuple of str and bytes
        Empty where the file is of another kind.

    Raises
    ------
    SchemaError
        When there is no such file, or it is a damaged archive.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "handed.geojson"
    >>> _ = path.write_text('{"features": []}')
    >>> documents(path, load_catalog()["usgs_ree"])
    [('handed.geojson', b'{"features": []}')]
    """
    cure = cure_of(source)
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except IsADirectoryError:  # a file geodatabase is a folder
        return []
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path} cannot be read ({error.strerror})", "check the path"
        ) from error
    if start.startswith(ZIP_MAGIC):
        with Archive(path, what=source.id, cure=cure) as archive:
            if any(name.lower().endswith(_OTHERS) for name in archive.names):
                return []
            return [
                (f"{archive.name}/{name}", archive.read(name))
                for name in archive.names
                if name.lower().endswith((".json", ".geojson")) and name not in _ABOUT
            ]
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return [(path.name, path.read_bytes())]
    return []


def parsed(name: str, body: bytes, source: Source, *, as_texts: bool = False) -> dict[str, Any]:
    """Understand a document of a payload.

    Parameters
    ----------
    name
        What it is called in an error.
    body
        Its bytes.
    source
        Its catalogue entry.
    as_texts
        Give numbers as the texts that were printed.

    Returns
    -------
    dict

    Raises
    ------
    SchemaError
        When it is no object in JSON, or holds an error of the service in place of data.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> parsed("a.json", b'{"grade": 1.50}', load_catalog()["usgs_ree"], as_texts=True)
    {'grade': '1.50'}
    """
    cure = cure_of(source)
    options: dict[str, Any] = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), str)
    try:
        found = json.loads(body.decode("utf-8-sig"), **(options if as_texts else {}))
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{source.id}: {name} is no JSON, or was cut short", cure) from error
    if not isinstance(found, dict):
        raise SchemaError(f"{source.id}: {name} holds no object in JSON", cure)
    if isinstance(found.get("error"), dict):
        raise SchemaError(
            f"{source.id}: {name} is an error of the service: {told_error(found['error'])}", cure
        )
    return found


def told_error(error: Mapping[str, Any]) -> str:
    """Give the error of a service in one line: code, message, details.

    Examples
    --------
    >>> told_error({"code": 400, "message": "Invalid query", "details": ["no field GRADE"]})
    'error 400, Invalid query (no field GRADE)'
    """
    details = error.get("details")
    parts = details if isinstance(details, list) else [details]
    more = "; ".join(dict.fromkeys(" ".join(str(p).split()) for p in parts if p))
    message = " ".join(str(error.get("message") or "without a message").split())
    said = f"error {error.get('code', 'without a code')}, {message}"
    return said + (f" ({more[:200]})" if more and more != message else "")

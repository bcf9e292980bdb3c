"""The one file that an entry names: an archive, a table, a workbook, a layer."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.download import ZIP_MAGIC, Client
from geo_ree.fetching.protocol import Payload, Protocol, Request
from geo_ree.fetching.session import masked_query
from geo_ree.reading.delimited import parse_csv
from geo_ree.reading.formats import open_file
from geo_ree.reading.tables import finish_table, number_rows
from geo_ree.reading.vectors import read_parquet

_ZIPS = (".zip", ".xlsx", ".kmz")


def download_file(request: Request, client: Client) -> Payload:
    """Download the one file that an entry names.

    Parameters
    ----------
    request
        The entry, and where to put its file.
    client
        Makes the request.

    Returns
    -------
    Payload
        Its query is what was added to the address. The server is asked whether the file at hand
        is unchanged only where that one was asked for in the same way.

    Raises
    ------
    FetchError
        When it cannot be had, or is no zip archive although the entry says so: by the end of
        its url, or by naming a member.
    """
    url, reader = request.source.url, request.source.reader
    payload = request.folder / _file_name(request.source)
    query = masked_query(reader.query)
    same = query == request.query
    came = client.download(
        url,
        payload,
        magic=_magic(request.source),
        params=reader.query,
        headers=reader.headers,
        etag=request.etag if same else "",
        last_modified=request.last_modified if same else "",
    )
    return Payload(
        path=payload,
        url=url,
        query=query,
        etag=came.etag,
        last_modified=came.last_modified,
        unchanged=came.unchanged,
    )


def _magic(source: Source) -> tuple[bytes, ...]:
    """Only a zip archive can be told from a web page by its first bytes alone."""
    zipped = source.reader.member or _path(source).suffix.lower() in _ZIPS
    return ZIP_MAGIC if zipped else ()


def _path(source: Source) -> PurePosixPath:
    return PurePosixPath(unquote(urlsplit(source.url).path))


def _file_name(source: Source) -> str:
    name = _path(source).name
    return name if name not in ("", ".", "..") and "\\" not in name else f"{source.id}.zip"


def download_nothing(request: Request, client: Client) -> Payload:
    """Refuse: a program has nowhere to fetch such a source from.

    Parameters
    ----------
    request
        The entry.
    client
        Not asked.

    Raises
    ------
    FetchError
        Always, with the way to hand the file over.

    Examples
    --------
    >>> from pathlib import Path
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.settings import Settings
    >>> icmm = Request(source=load_catalog()["icmm_mines"], folder=Path())
    >>> download_nothing(icmm, Client(Settings()))
    Traceback (most recent call last):
    geo_ree.errors.FetchError: icmm_mines is only ever handed over as a file; give it with geo-ree \
fetch icmm_mines --file PATH
    """
    del client
    source = request.source
    raise FetchError(
        f"{source.id} is only ever handed over as a file",
        f"give it with geo-ree fetch {source.id} --file PATH",
    )


LOCAL = Protocol(download=download_nothing, read=open_file)
"""Any of the formats, from disk."""


_HINT = "reinstall geo_ree"


def read_starter(path: Path, source: Source) -> pd.DataFrame:
    """Open a file of the starter data: CSV or (Geo)Parquet.

    Parameters
    ----------
    path
        The file, as `geo_ree.storage.starter_path` gives it.
    source
        Its catalogue entry. Child tables lie beside the file.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.fetching.read` describes it.

    Raises
    ------
    SchemaError
        When the file is missing, damaged, or lacks a column.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> read_starter(Path("gone.csv"), load_catalog()["usgs_ree"])
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: gone.csv cannot be read (No such file or directory); \
reinstall geo_ree
    """
    if path.suffix == ".csv":
        frame = _table(path, source)
    else:
        _bytes_of(path, source, most=0)
        frame = number_rows(read_parquet(path, where=f"{source.id}: {path.name}", hint=_HINT))
    return finish_table(
        frame,
        source,
        lambda member: _table(path.with_name(member), source),
        where=f"starter/{path.name}",
        hint=_HINT,
    )


def _table(path: Path, source: Source) -> pd.DataFrame:
    where = f"{source.id}: starter/{path.name}"
    return parse_csv(_bytes_of(path, source), source.reader.encodings, where=where, hint=_HINT)


def _bytes_of(path: Path, source: Source, most: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path.name} cannot be read ({error.strerror})", _HINT
        ) from error

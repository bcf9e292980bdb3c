"""The protocol ``jqgrid``: tables behind a web page, in pages of rows whose cells have no names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import (
    MAX_PAGES,
    parse_member,
    read_pages,
    request_json,
    write_pages,
)
from geo_ree.fetching.protocol import Payload, Request
from geo_ree.fetching.transport.download import Client
from geo_ree.reading.documents import count_of, list_keys, value_text
from geo_ree.reading.formats import open_file
from geo_ree.reading.tables import finish_table, number_rows, retry_hint

_ROWS = 500


def download_grid(request: Request, client: Client) -> Payload:
    """Download all pages of a grid, one after the other, unchanged into ``pages.zip``.

    The entry's reader gives the grid's own parameters (``query``), its ``headers``, the rows of a
    page (``page_size``) and the pause between two pages (``pause_s``). Raises a FetchError if a
    page is not the one requested or repeats rows, and if rows are missing.
    """
    source = request.source
    where = f"{source.id}: {source.url}"
    fixed = {"_search": "false", "sidx": "", "sord": "asc", **source.reader.query}
    fixed["rows"] = str(source.reader.page_size or _ROWS)
    pages: dict[str, bytes] = {}
    rows = size = 0
    stated: int | None = None
    for body, answer in _pages(source, fixed, where, client):
        rows += len(answer["rows"])
        size += len(body)
        stated = count_of(answer.get("records"))
        if size > client.settings.max_download_bytes:
            raise FetchError(f"{where}: more bytes came than are accepted", "check the address")
        pages[f"page-{len(pages) + 1:05d}.json"] = body
    if stated not in (None, rows):
        raise FetchError(
            f"{where}: {rows} rows came, the grid counts {stated}", "fetch again later"
        )
    payload = request.folder / "pages.zip"
    write_pages(payload, pages)
    return Payload(path=payload, url=source.url, query=urlencode(fixed))


def _pages(
    source: Source, fixed: Mapping[str, str], where: str, client: Client
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    per_page, seen = int(fixed["rows"]), set[str]()
    number, last = 0, 1
    while number < last:
        number += 1
        if number > MAX_PAGES:
            raise FetchError(
                f"{where}: no end after {MAX_PAGES} pages",
                "raise reader.page_size in the catalogue entry",
            )
        params = {**fixed, "page": str(number)}
        body, answer = request_json(
            client, source.url, params=params, headers=source.reader.headers
        )
        last = _last_page(answer, number, where)
        rows = _new_rows(answer, seen, f"{where} page {number}")
        if not rows or (number < last and len(rows) < per_page):
            raise FetchError(
                f"{where} page {number} of {last} has {len(rows)} rows, expected {per_page}",
                "fetch again later, or with a smaller reader.page_size in the catalogue entry",
            )
        yield body, answer


def _last_page(answer: Mapping[str, Any], number: int, where: str) -> int:
    last, page = count_of(answer.get("total")), count_of(answer.get("page"))
    if last is None or not isinstance(answer.get("rows"), list):
        raise FetchError(
            f"{where} page {number} is not a page of a grid: it has {list_keys(answer)}, "
            "expected total and rows",
            "open the publisher's page in a browser; it may have changed or ask to sign in",
        )
    if page is not None and page != number and answer["rows"]:
        raise FetchError(
            f"{where}: page {number} was requested, page {page} came",
            "the publisher may have changed the grid: correct reader.query in the catalogue entry",
        )
    return last


def _new_rows(answer: Mapping[str, Any], seen: set[str], where: str) -> list[Any]:
    rows = list(answer["rows"])
    for row in rows:
        key = json.dumps(row.get("id", row) if isinstance(row, dict) else row, sort_keys=True)
        if key in seen:
            raise FetchError(
                f"{where} repeats the row {key[:60]}",
                "the grid changed during the download, or ignores the page: fetch again, with a unique "
                "column as reader.query.sidx in the catalogue entry",
            )
        seen.add(key)
    return rows


def read_grid(path: Path, source: Source) -> pd.DataFrame:
    """Read the pages of a grid as a table, without geometry.

    A single saved page is read, too, and any table that has the names of ``reader.cells``. The
    texts are as printed, None for null; the index, ``row``, counts from 1. Raises a SchemaError
    for anything else, and if a row has another number of cells.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "page.json"
    >>> _ = path.write_text('{"total": 1, "rows": [{"id": 7, "cell": ["7", 1.50, null]}]}')
    >>> entry = load_catalog()["natural_earth_railroads"]
    >>> reader = entry.reader.model_copy(update={"cells": ("id", "area", "holder")})
    >>> read_grid(path, entry.model_copy(update={"reader": reader, "columns": {}})).loc[1].tolist()
    ['7', '1.50', None]
    """
    cells = source.reader.cells
    if not cells:
        raise SchemaError(
            f"{source.id}: the cells of a row have no names",
            "give them in order as reader.cells in the catalogue entry",
        )
    pages, hint = read_pages(path, source).pages, retry_hint(source)
    if not pages:
        return open_file(path, source)
    rows: list[list[str | None]] = []
    for name, body in pages:
        page = parse_member(name, body, source, numbers_as_texts=True)
        if not isinstance(page.get("rows"), list):
            raise SchemaError(f"{source.id}: {name} is not a page of a grid, it has no rows", hint)
        for number, row in enumerate(page["rows"], 1):
            rows.append(_cells(row, cells, f"{source.id}: {name} row {number}", source))
    frame = number_rows(pd.DataFrame(rows, columns=list(cells), dtype=object))
    return finish_table(frame, source, where=path.name, hint=hint)


def _cells(row: Any, cells: tuple[str, ...], where: str, source: Source) -> list[str | None]:
    found = row.get("cell") if isinstance(row, dict) else row
    if not isinstance(found, list):
        raise SchemaError(f"{where} has no cells", retry_hint(source))
    if len(found) != len(cells):
        raise SchemaError(
            f"{where} has {len(found)} cells, expected {len(cells)} ({', '.join(cells)})",
            "the publisher may have changed the grid: correct reader.cells in the catalogue entry",
        )
    return [value_text(value) for value in found]

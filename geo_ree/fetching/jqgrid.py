"""Tables behind a web page's jqGrid: pages of rows whose cells have an order but no names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import parse_member, read_pages, request_json, write_pages
from geo_ree.fetching.download import Client
from geo_ree.fetching.protocol import Payload, Request
from geo_ree.reading.documents import list_keys, value_text
from geo_ree.reading.formats import open_file
from geo_ree.reading.tables import finish_table, number_rows, retry_hint

_ROWS = 500


def download_grid(request: Request, client: Client) -> Payload:
    """Bring every page of a grid, one after the other.

    Parameters
    ----------
    request
        The entry, whose reader has the grid's own parameters (``query``), its ``headers``, the
        rows to ask for at once (``page_size``) and the pause between two pages (``pause_s``).
    client
        Makes the requests.

    Returns
    -------
    Payload
        Its payload, ``pages.zip``, has the answers unchanged, ``page-00001.json`` onwards.

    Raises
    ------
    FetchError
        When a page is no page of a grid, another than was asked for, or repeats rows; and when
        there are fewer rows than the grid says, or none.
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
        stated = _number(answer.get("records"))
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
    at_once, seen = int(fixed["rows"]), set[str]()
    number, last = 0, 1
    while number < last:
        number += 1
        params = {**fixed, "page": str(number)}
        body, answer = request_json(
            client, source.url, params=params, headers=source.reader.headers
        )
        last = _last_page(answer, number, where)
        rows = _new_rows(answer, seen, f"{where} page {number}")
        if not rows or (number < last and len(rows) < at_once):
            raise FetchError(
                f"{where} page {number} of {last} has {len(rows)} rows, expected {at_once}",
                "fetch again later, or with a smaller reader.page_size in the catalogue entry",
            )
        yield body, answer


def _number(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isdigit() else None


def _last_page(answer: Mapping[str, Any], number: int, where: str) -> int:
    last, page = _number(answer.get("total")), _number(answer.get("page"))
    if last is None or not isinstance(answer.get("rows"), list):
        raise FetchError(
            f"{where} page {number} is no page of a grid: it has {list_keys(answer)}, "
            "expected total and rows",
            "open the publisher's page in a browser; it may have changed or ask to sign in",
        )
    if page is not None and page != number and answer["rows"]:
        raise FetchError(
            f"{where}: page {number} was asked for, page {page} came",
            "the publisher may have changed the grid: correct reader.query in the catalogue entry",
        )
    return last


def _new_rows(answer: Mapping[str, Any], seen: set[str], where: str) -> list[Any]:
    rows = list(answer["rows"])
    for row in rows:
        mark = json.dumps(row.get("id", row) if isinstance(row, dict) else row, sort_keys=True)
        if mark in seen:
            raise FetchError(
                f"{where} repeats the row {mark[:60]}",
                "the grid changed meanwhile, or ignores the page: fetch again, with a sidx that "
                "is unique as reader.query.sidx in the catalogue entry",
            )
        seen.add(mark)
    return rows


def read_grid(path: Path, source: Source) -> pd.DataFrame:
    """Open the pages of a grid as a table, without geometry.

    Parameters
    ----------
    path
        The pages, a single page that somebody saved, or a table with the names of the cells
        that `open_file` opens.
    source
        Its catalogue entry; ``reader.cells`` names the cells.

    Returns
    -------
    pandas.DataFrame
        Texts as they were printed, nothing for null; the index, ``row``, counts from 1.

    Raises
    ------
    SchemaError
        When it is something else, or a row has another number of cells.

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
            raise SchemaError(f"{source.id}: {name} is no page of a grid, it has no rows", hint)
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

"""Tables behind a jqGrid, against a stub with hand-written rows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import geopandas as gpd
import pytest

from geo_ree.catalog import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.fetching.jqgrid import read_grid
from geo_ree.settings import Settings

URL = "https://cadastre.example/License/GridData"
CELLS = ("ID", "Code", "Name", "Holder", "Area")
HEADERS = {"X-Requested-With": "XMLHttpRequest", "Referer": "https://cadastre.example/"}


def entry(**reader: Any) -> Source:
    options = {
        "cells": CELLS,
        "headers": HEADERS,
        "page_size": 2,
        "query": {"sidx": "Id", "indexType": "2"},
        **reader,
    }
    return Source.model_validate(
        {
            "id": "made_up",
            "title": "Made-up licences",
            "publisher": "Nobody",
            "country": "Nowhere",
            "label": "Nobody",
            "layer": "licences",
            "protocol": "jqgrid",
            "url": URL,
            "licence": "none",
            "attribution": "Nobody",
            "edition": "2026",
            "reader": options,
            "columns": {"name": "Name"},
        }
    )


class Grid:
    """A publisher's grid of five made-up licences."""

    def __init__(self) -> None:
        self.rows = [
            {
                "id": n,
                "cell": [n, f"XX-{n:03d}", f"Зохиомол {n}", None if n == 2 else "Nobody", 1.50],
            }
            for n in range(1, 6)
        ]
        self.changes: dict[int, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.times: list[float] = []
        self.under_way = self.most_under_way = 0
        self.raw = b""

    def answer(self, params: Mapping[str, str]) -> bytes:
        page, at_once = int(params["page"]), int(params["rows"])
        last = -(-len(self.rows) // at_once)
        rows = self.rows[(page - 1) * at_once : page * at_once]
        full = {"total": last, "page": page, "records": len(self.rows), "rows": rows}
        full |= self.changes.get(page, {})
        known = {name: value for name, value in full.items() if value is not ...}
        return self.raw or json.dumps(known, ensure_ascii=False).replace("1.5]", "1.50]").encode()

    def reply(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        parts = urlsplit(request.path)
        assert parts.path == "/cadastre.example/License/GridData"
        self.asked.append(dict(parse_qsl(parts.query, keep_blank_values=True)))
        self.headers.append(dict(request.headers))
        self.times.append(time.monotonic())
        body = self.answer(self.asked[-1])
        self.under_way -= 1
        return 200, body, {}


@pytest.fixture
def grid() -> Grid:
    return Grid()


@pytest.fixture
def settings(grid: Grid, serve: Callable[..., str], tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data", mirror=serve(grid.reply))


def refusal(settings: Settings, source: Source | None = None) -> str:
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(source or entry(), settings)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("made_up: ")
    assert caught.value.hint
    return text


def test_all_pages_come_one_at_a_time_as_the_page_itself_would_ask(grid, settings):
    snapshot = fetch_snapshot(entry(), settings)
    fixed = {"_search": "false", "sidx": "Id", "sord": "asc", "indexType": "2", "rows": "2"}
    assert grid.asked == [{**fixed, "page": page} for page in "123"]
    assert all(HEADERS.items() <= headers.items() for headers in grid.headers)
    assert grid.most_under_way == 1
    assert snapshot.provenance.url == URL
    assert snapshot.provenance.query == "_search=false&sidx=Id&sord=asc&indexType=2&rows=2"
    frame = read(entry(), snapshot.payload)
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert tuple(frame.columns) == CELLS
    assert frame.index.name == "row"
    assert frame.index.tolist() == [1, 2, 3, 4, 5]
    assert frame.loc[1].tolist() == ["1", "XX-001", "Зохиомол 1", "Nobody", "1.50"]
    assert frame.loc[2, "Holder"] is None
    assert fetch_snapshot(entry(), settings) == snapshot


def test_pages_are_asked_for_at_the_pace_of_the_entry(grid, settings):
    fetch_snapshot(entry(pause_s=0.2), settings)
    gaps = [b - a for a, b in zip(grid.times, grid.times[1:], strict=False)]
    assert len(gaps) == 2
    assert min(gaps) >= 0.19


def test_an_entry_that_says_nothing_asks_as_jqgrid_does(grid, settings):
    fetch_snapshot(entry(query={}, headers={}, page_size=0), settings)
    assert grid.asked == [
        {"_search": "false", "sidx": "", "sord": "asc", "page": "1", "rows": "500"}
    ]


def test_texts_for_numbers_and_a_grid_that_does_not_count_are_understood(grid, settings):
    for page in (1, 2, 3):
        grid.changes[page] = {"total": "3", "page": str(page), "records": ...}
    assert len(read(entry(), fetch_snapshot(entry(), settings).payload)) == 5


@pytest.mark.parametrize(
    ("page", "change", "said"),
    [
        (3, {"records": 6}, "5 rows came, the grid counts 6"),
        (2, {"page": 1}, "page 2 was requested, page 1 came"),
        (2, {"rows": [{"id": 1, "cell": []}, {"id": 9}]}, "page 2 repeats the row 1;"),
        (2, {"rows": []}, "page 2 of 3 has 0 rows, expected 2"),
        (2, {"rows": [{"id": 9, "cell": []}]}, "page 2 of 3 has 1 rows, expected 2"),
        (1, {"rows": [], "total": 0, "page": 0, "records": 0}, "page 1 of 0 has 0 rows"),
        (1, {"total": ...}, "page 1 is not a page of a grid: it has page, records, rows, expected"),
        (1, {"rows": "sign in"}, "page 1 is not a page of a grid"),
    ],
)
def test_pages_that_do_not_add_up_are_reported(grid, settings, page, change, said):
    grid.changes[page] = change
    text = refusal(settings)
    assert f"{URL}" in text
    assert said in text
    assert not (settings.raw_root / "made_up").exists()


def test_a_grid_that_ignores_the_page_is_reported_though_its_rows_have_no_id(grid, settings):
    for page in (1, 2, 3):
        rows = [{"cell": row["cell"]} for row in grid.rows[:2]]
        grid.changes[page] = {"rows": rows, "page": ...}
    assert "page 2 repeats the row" in refusal(settings)
    assert len(grid.asked) == 2


def test_a_web_page_or_nonsense_is_reported(grid, settings):
    grid.raw = b"<html>Sign in</html>"
    assert "a web page (HTML) came" in refusal(settings)
    grid.raw = b"[]"
    assert "the answer is no JSON object (it begins with '[]')" in refusal(settings)


def test_more_bytes_than_are_accepted_are_refused(grid, settings):
    small = replace(settings, max_download_bytes=400)
    assert "more bytes came than are accepted" in refusal(small)


# reading


@pytest.fixture
def provided(tmp_path: Path) -> Callable[[object], Path]:
    def put(document: object) -> Path:
        path = tmp_path / "provided.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return put


def test_a_saved_page_is_read_too(provided):
    rows = [{"id": "7", "cell": ["7", "XX", "Made-up", True, {"ha": 2}]}, ["8", "", "", "", ""]]
    frame = read_grid(provided({"rows": rows}), entry())
    assert frame.loc[1].tolist() == ["7", "XX", "Made-up", "true", '{"ha": 2}']
    assert frame.loc[2, "ID"] == "8"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"rows": [{"cell": ["1", "2", "3", "4"]}]},
            "provided.json row 1 has 4 cells, expected 5 (ID, Code, Name, Holder, Area)",
        ),
        ({"rows": [{"id": 1}]}, "provided.json row 1 has no cells"),
        ({"rows": {}}, "provided.json is not a page of a grid, it has no rows"),
        ({"rows": []}, "provided.json has no rows"),
        (b"{", "provided.json: the JSON is damaged or cut short"),
        (b'{"total": [1], "rows"', "provided.json: the JSON is damaged or cut short"),
        (b"\x89PNG", "provided.json is a picture"),
    ],
)
def test_files_that_are_something_else_are_reported(provided, document, said):
    with pytest.raises(SchemaError) as caught:
        read_grid(provided(document), entry())
    assert said in str(caught.value)
    assert str(caught.value).startswith("made_up: ")


def test_a_table_with_the_names_of_the_cells_may_be_provided_over(tmp_path, settings, grid):
    path = tmp_path / "register.csv"
    path.write_text("ID,Code,Name,Holder,Area\n7,XX,Made-up Ridge,,1.50\n")
    frame = read(entry(), fetch_snapshot(entry(), settings, provided=path).payload)
    assert frame["Name"].tolist() == ["Made-up Ridge"]
    assert frame["Area"].tolist() == ["1.50"]
    assert not grid.asked


def test_an_entry_without_names_for_the_cells_is_reported(provided):
    with pytest.raises(SchemaError, match="give them in order as reader.cells"):
        read_grid(provided({"rows": []}), entry(cells=()))
    with pytest.raises(SchemaError, match="lacks the columns 'Name'"):
        read_grid(provided({"rows": [{"cell": ["x"]}]}), entry(cells=("only",)))

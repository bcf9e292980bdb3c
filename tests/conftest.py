"""Shared by all tests: no network but loopback, skips with a reason, a server, the mirror."""

from __future__ import annotations

import io
import ipaddress
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.reading.trial import known_files

SERVE = Path(__file__).parents[2] / "shared" / "mirror" / "serve.py"
_connect = socket.socket.connect

Require = Callable[[bool, str], None]


@pytest.fixture(scope="session")
def require() -> Require:
    """Gives a function that skips the test unless what it needs is there.

    With ``GEO_REE_FULL=1`` nothing may be skipped: the test fails instead.
    """

    def check(there: bool, missing: str) -> None:
        if not there and os.environ.get("GEO_REE_FULL") == "1":
            pytest.fail(f"{missing}; GEO_REE_FULL=1 forbids to skip this test")
        if not there:
            pytest.skip(missing)

    return check


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])  # type: ignore[index]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise OSError(f"the tests reach loopback only, not {host}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def live_network(request: pytest.FixtureRequest, no_network: None) -> Iterator[None]:
    """Lets a live test, which has to be selected with -m live, through to the publishers."""
    if request.node.get_closest_marker("live") is None:
        yield
        return
    if os.environ.get("GEO_REE_FULL") == "1":
        pytest.fail(
            "live tests send requests to the publishers, GEO_REE_FULL=1 allows loopback only"
        )
    socket.socket.connect = _connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]


@pytest.fixture(autouse=True)
def no_trials(request: pytest.FixtureRequest) -> Iterator[None]:
    """Reads files at once: a child for each of a thousand small files would take minutes.

    The tests of that child, and threads of a fetch, start it.
    """
    with known_files(known="test_trial" not in request.node.nodeid):
        yield


@pytest.fixture
def countries() -> gpd.GeoDataFrame:
    """Two countries that share the parallel 43 N, both wholly inside the region."""
    return gpd.GeoDataFrame(
        {
            "id": ["c:KAZ", "c:KGZ"],
            "source_id": "c",
            "name": ["Kazakhstan", "Kyrgyzstan"],
            "country": ["KAZ", "KGZ"],
            "country_reported": ["KAZ", "KGZ"],
            "kind": "country",
            "complete": True,
        },
        geometry=[shapely.box(60, 43, 85, 54), shapely.box(69, 39, 81, 43)],
        crs=4326,
    )


Answer = Callable[[BaseHTTPRequestHandler], tuple[int, bytes, Mapping[str, str]]]


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = answer(self)
            with suppress(ConnectionError):  # the client may have given up, as it should
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Starts a server on loopback that answers as it is told, and gives its address.

    It is told by a function from the request to status, body and headers.
    """
    with ExitStack() as started:

        def start(answer: Answer) -> str:
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            for stop in (thread.join, server.server_close, server.shutdown):  # the last first
                started.callback(stop)
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield start


@pytest.fixture(scope="session")
def mirror(require: Require) -> Iterator[Callable[..., str]]:
    """Starts the stand-in for the upstream hosts on a free port and gives its address."""
    require(
        SERVE.is_file(), "no mirror of the upstream hosts beside the project (../shared/mirror)"
    )
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started.append(
            subprocess.Popen(
                [sys.executable, str(SERVE), "--port", str(port), *options],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}"
            time.sleep(0.05)
        pytest.fail("the mirror does not start")

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def postgis(require: Require) -> Iterator[Any]:
    """A PostgreSQL with PostGIS of its own on loopback: a `Cluster` of tools/postgis_cluster.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[1] / "tools"))
        import postgis_cluster

        require(
            postgis_cluster.programs() is not None,
            "no PostgreSQL with PostGIS: tools/peers/postgis.sh installs it",
        )
        with postgis_cluster.cluster() as server:
            yield server


@pytest.fixture
def database(postgis: Any) -> Iterator[str]:
    """Address of a new database with PostGIS and nothing in it, with the password of its owner."""
    name = postgis.new_database()
    yield postgis.url(name)
    postgis.drop(name)


@pytest.fixture
def made_up() -> Callable[..., Source]:
    """Make a catalogue entry of an obviously made-up source."""

    def make(reader: Mapping[str, object] | None = None, **changes: object) -> Source:
        entry: dict[str, object] = {
            "id": "made_up",
            "title": "Towns of a test",
            "publisher": "Nobody",
            "country": "Nowhere",
            "label": "Nobody",
            "layer": "settlements",
            "protocol": "archive",
            "url": "https://example.org/towns",
            "licence": "CC0",
            "attribution": "Nobody",
            "edition": "2026",
            "columns": {"name": "name"},
        }
        return Source.model_validate({**entry, "reader": dict(reader or {}), **changes})

    return make


def _pack(members: Mapping[str, bytes]) -> bytes:
    """Pack a zip archive in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _sheet(rows: list[list[object]]) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for place, value in enumerate(row):
            if value is None:
                continue
            at = f"{'ABCDEFGH'[place]}{number}"
            if isinstance(value, bool):
                cells.append(f'<c r="{at}" t="b"><v>{int(value)}</v></c>')
            elif isinstance(value, int | float):
                cells.append(f'<c r="{at}"><v>{value!r}</v></c>')
            elif isinstance(value, date):
                days = (value - date(1899, 12, 30)).days
                cells.append(f'<c r="{at}" s="1"><v>{days}</v></c>')
            else:
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@pytest.fixture
def workbook() -> Callable[..., bytes]:
    """Write an Excel workbook by hand; parts can be changed, or left out with None."""

    def make(
        sheets: Mapping[str, list[list[object]]], changes: Mapping[str, bytes | None] | None = None
    ) -> bytes:
        names = list(sheets)
        entries = "".join(
            f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(names, 1)
        )
        links = "".join(
            f'<Relationship Id="rId{i}" Type="{_RELS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        styles = (
            f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
        )
        parts: dict[str, bytes | None] = {
            "[Content_Types].xml": (
                f'<Types xmlns="{_PACKAGE}/content-types">'
                f'<Default Extension="xml" ContentType="{_OFFICE}.sheet.main+xml"/></Types>'
            ).encode(),
            "_rels/.rels": (
                f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
            ).encode(),
            "xl/workbook.xml": (
                f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELS}"><sheets>{entries}</sheets></workbook>'
            ).encode(),
            "xl/_rels/workbook.xml.rels": (
                f'<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship '
                f'Id="rId99" Type="{_RELS}/styles" Target="styles.xml"/></Relationships>'
            ).encode(),
            "xl/styles.xml": styles.encode(),
        }
        for i, name in enumerate(names, 1):
            parts[f"xl/worksheets/sheet{i}.xml"] = _sheet(sheets[name]).encode()
        kept = {**parts, **(changes or {})}
        return _pack({name: content for name, content in kept.items() if content is not None})

    return make

"""Shared by all tests: no network but loopback, and small hand-written layers."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

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


# A test needs what its fixtures start; -m chooses among tests by these marks.
MARKS = {
    "mirror": ("mirror", "slow"),
    "facts": ("mirror",),
    "browser": ("browser",),
    "visit": ("browser",),
    "koop": ("servers",),
    "mapserver": ("servers",),
    "pygeoapi": ("servers",),
    "s3": ("servers",),
}


@pytest.hookimpl(tryfirst=True)  # before -m is applied
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures, and leave live tests out unless -m names them."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            for mark in MARKS.get(fixture, ()):
                item.add_marker(mark)
    if "live" in str(config.option.markexpr):
        return
    live = [item for item in items if item.get_closest_marker("live")]
    if live:
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if item not in live]


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

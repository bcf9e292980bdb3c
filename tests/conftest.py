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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the live tests out unless -m asks for them by name, whatever else it asks for."""
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
    if os.environ.get("CI"):
        pytest.fail("live tests ask the publishers, and CI may not")
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
def mirror() -> Iterator[Callable[..., str]]:
    """Starts the stand-in for the upstream hosts on a free port and gives its address."""
    if not SERVE.is_file():
        if os.environ.get("CI"):
            pytest.fail("the mirror of the upstream hosts is missing, and CI may skip nothing")
        pytest.skip("there is no mirror of the upstream hosts beside the project")
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

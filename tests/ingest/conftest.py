from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import Source, load_catalog
from geo_ree.ingest import transfer
from geo_ree.settings import Settings

DATA = Path(__file__).parents[1] / "data"
HTML = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


class Site:
    """A publisher on loopback: files by path, and the faults to show before each is given."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.release = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.headers.append(dict(self.headers))
            planned = site.faults.get(self.path, [])
            fault = planned.pop(0) if planned else ""
            body = site.files.get(self.path)
            self.close_connection = True
            if fault == "slow":
                site.release.wait(5)
            elif fault == "cut":
                assert body is not None
                return self.reply(200, body[: len(body) // 2], length=len(body))
            elif fault == "stall":  # half of the body, then silence
                assert body is not None
                self.reply(200, body[: len(body) // 2], length=len(body))
                self.wfile.flush()
                site.release.wait(5)
                return None
            elif fault == "html":
                return self.reply(200, HTML)
            elif fault == "loop":
                return self.reply(302, b"", {"Location": self.path})
            elif fault:
                status, _, wait = fault.partition(" ")
                return self.reply(int(status), b"", {"Retry-After": wait} if wait else {})
            if body is None:
                return self.reply(404, b"")
            self.reply(
                200, body, {"ETag": '"v1"', "Last-Modified": "Sun, 01 Feb 2026 00:00:00 GMT"}
            )

        def reply(
            self, status: int, body: bytes, headers: Mapping[str, str] | None = None,
            length: int | None = None,
        ) -> None:  # fmt: skip
            try:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client has given up, as it should

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    publisher = Site()
    publisher.thread.start()
    yield publisher
    publisher.close()


@pytest.fixture
def settings(tmp_path: Path, site: Site) -> Settings:
    return Settings(
        data_root=tmp_path / "data", mirror=site.url, connect_timeout_s=2, read_timeout_s=0.5
    )


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait hundredths of a second between attempts, not seconds."""
    monkeypatch.setattr(transfer, "_BACKOFF_S", 0.01)


@pytest.fixture
def catalog() -> Mapping[str, Source]:
    return load_catalog()


def pack(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def payload(tmp_path: Path) -> Callable[..., bytes]:
    """Pack the hand-written payload of a source as its publisher would; members can be changed."""

    def make(source_id: str, changes: Mapping[str, bytes | None] | None = None) -> bytes:
        if source_id == "natural_earth_railroads":
            members = _railroads(tmp_path)
        else:
            folder = {"usgs_ree": "ree", "usgs_major_deposits": "ofr20051294"}[source_id]
            members = {
                f"{folder}/{p.name}": p.read_bytes() for p in (DATA / source_id).glob("*.csv")
            }
        kept = {**members, **(changes or {})}
        return pack({name: content for name, content in kept.items() if content is not None})

    return make


def _railroads(tmp_path: Path) -> dict[str, bytes]:
    folder = tmp_path / "shape"
    folder.mkdir(exist_ok=True)
    frame = gpd.GeoDataFrame(
        {"rwdb_rr_id": [0, 7], "featurecla": ["Railroad", "Railroad"]},
        geometry=[
            shapely.LineString([(70, 45), (71, 46)]),
            shapely.MultiLineString([[(60, 44), (61, 44)], [(62, 44), (63, 45)]]),
        ],
        crs=4326,
    )
    frame.to_file(folder / "ne_10m_railroads.shp")
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def put(content: bytes) -> Path:
        path = tmp_path / "payload.zip"
        path.write_bytes(content)
        return path

    return put

from __future__ import annotations

import hashlib
import io
import ssl
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import Source, load_catalog
from geo_ree.fetching.transport import transfer
from geo_ree.settings import Settings

DATA = Path(__file__).parents[1] / "data"
HTML = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


MODIFIED = "Sun, 01 Feb 2026 00:00:00 GMT"


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@dataclass(frozen=True)
class Reply:
    """One answer, exactly as it is to be sent; `length` is what it pretends to be."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


class Site:
    """A publisher on loopback: files by path, and the faults to show before each is given.

    A fault is a status (with the seconds of Retry-After after a blank), ``cut``, ``stall``,
    ``slow``, ``html`` or ``loop``; what was planned with `plan` is given before faults.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.replies: dict[str, list[Reply]] = {}
        self.ranges = True
        self.pace_s = 0.0
        self.piece = 1 << 14
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []
        self.moments: list[float] = []
        self.guard = threading.Lock()
        self.under_way = self.most_under_way = 0
        self.release = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.scheme = "http"
        if context is not None:
            self.scheme = "https"
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    def plan(
        self,
        path: str,
        status: int = 200,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """Answer so, once; a `length` of -1 tells none."""
        self.replies.setdefault(path, []).append(Reply(status, body, headers or {}, length))

    def etag(self, path: str) -> str:
        return etag_of(self.files[path])

    def close(self) -> None:
        if not self.thread.is_alive():
            return
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(OSError):  # a client that hangs up, or trusts no certificate of ours
                super().handle()

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            with site.guard:
                site.moments.append(time.monotonic())
                self.counted = 1
                site.under_way += 1
                site.most_under_way = max(site.most_under_way, site.under_way)
                site.asked.append(self.path)
                site.headers.append(dict(self.headers))
                site.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                replies, faults = site.replies.get(self.path), site.faults.get(self.path)
                reply = replies.pop(0) if replies else None
                fault = faults.pop(0) if faults and reply is None else ""
            self.close_connection = True
            try:
                self.send(reply or self.chosen(fault))
                if fault == "stall":  # half of the body, then silence
                    self.wfile.flush()
                    site.release.wait(5)
            finally:
                self.ended()

        def chosen(self, fault: str) -> Reply:
            body = site.files.get(self.path)
            if fault == "slow":
                site.release.wait(5)
            elif fault == "html":
                return Reply(body=HTML)
            elif fault == "loop":
                return Reply(302, headers={"Location": self.path})
            elif fault and fault not in ("cut", "stall"):
                status, _, wait = fault.partition(" ")
                return Reply(int(status), headers={"Retry-After": wait} if wait else {})
            if body is None:
                return Reply(404)
            reply = self.whole(body)
            if fault in ("cut", "stall"):
                half = reply.body[: len(reply.body) // 2]
                return Reply(reply.status, half, reply.headers, len(reply.body))
            return reply

        def whole(self, body: bytes) -> Reply:
            """The file, the rest of it, or word that it is unchanged, as RFC 9110 has it."""
            version = {"ETag": etag_of(body), "Last-Modified": MODIFIED}
            known = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since")
            if known in version.values():
                return Reply(304, headers=version)
            wanted = self.headers.get("Range", "").removeprefix("bytes=")
            ours = self.headers.get("If-Range", version["ETag"]) in version.values()
            if site.ranges and wanted and ours:
                first, _, last = wanted.partition("-")
                part = body[int(first) : int(last) + 1 if last else None]
                if not part:
                    return Reply(416, headers={"Content-Range": f"bytes */{len(body)}"})
                place = f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}"
                return Reply(206, part, {**version, "Content-Range": place})
            return Reply(200, body, version)

        def send(self, reply: Reply) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            if reply.length != -1:
                length = len(reply.body) if reply.length is None else reply.length
                self.send_header("Content-Length", str(length))
            self.end_headers()
            for start in range(0, len(reply.body), site.piece):
                if start and site.pace_s:
                    self.wfile.flush()
                    time.sleep(site.pace_s)
                if start + site.piece >= len(reply.body):
                    self.ended()  # the client may be gone before we know of it
                self.wfile.write(reply.body[start : start + site.piece])

        def ended(self) -> None:
            with site.guard:
                site.under_way -= self.counted
                self.counted = 0

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    publisher = Site()
    yield publisher
    publisher.close()


@pytest.fixture
def other_site() -> Iterator[Callable[..., Site]]:
    """Starts one more publisher, with TLS when given a context."""
    started: list[Site] = []

    def start(context: ssl.SSLContext | None = None) -> Site:
        started.append(Site(context))
        return started[-1]

    yield start
    for publisher in started:
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

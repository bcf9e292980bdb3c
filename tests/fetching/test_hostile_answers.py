"""Heads and bodies that no honest server sends: an error in one line, soon, or a retry that helps."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat

import pytest

from geo_ree.errors import FetchError
from geo_ree.fetching import Client
from geo_ree.fetching.transport import patience
from geo_ree.settings import Settings

URL = "https://example.org/a"
DIGITS = "9" * 5000


class RawServer:
    """Sends pieces of bytes to whoever connects, with a pause between them, until stopped."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], pause_s: float) -> None:
        self.pieces, self.pause_s = pieces, pause_s
        self.connections = 0
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=self.serve)]
        self.threads[0].start()

    @property
    def settings(self) -> Settings:
        host, port = self.listener.getsockname()
        return Settings(mirror=f"http://{host}:{port}", connect_timeout_s=2, read_timeout_s=0.2)

    def serve(self) -> None:
        with suppress(OSError):
            while not self.over.is_set():
                line, _ = self.listener.accept()
                self.connections += 1
                self.threads.append(threading.Thread(target=self.send, args=(line,)))
                self.threads[-1].start()

    def send(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            line.settimeout(2)
            line.recv(65536)
            for piece in self.pieces():
                line.sendall(piece)
                if self.over.wait(self.pause_s):
                    return
            line.shutdown(socket.SHUT_WR)
            line.recv(65536)

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def raw_server(site) -> Iterator[Callable[..., RawServer]]:
    started: list[RawServer] = []

    def start(pieces: Callable[[], Iterator[bytes]], pause_s: float = 0.0) -> RawServer:
        started.append(RawServer(pieces, pause_s))
        return started[-1]

    yield start
    for server in started:
        server.close()


def failure(settings: Settings) -> str:
    with pytest.raises(FetchError) as caught:
        Client(settings, source_id="x").get(URL)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("x: ")
    return text


@pytest.mark.parametrize(
    ("status", "head", "said"),
    [
        (200, f"Content-Length: {DIGITS}", "has 1000000000000000000 bytes or more"),
        (200, "Content-Length: 1\r\nContent-Length: 2", "the request failed"),
        (503, f"Retry-After: {DIGITS}", "HTTP 503"),
        (503, f"Retry-After: Fri, 31 Dec {DIGITS} 23:59:59 GMT", "HTTP 503"),
        (503, "Retry-After: Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "HTTP 503"),
        (503, "Retry-After: Fri, 31 Dec 2030 23:59:59 +99999999999999", "HTTP 503"),
        (503, "Retry-After: Fri, 31 Dec 9999 23:59:59 -2359", "HTTP 503"),
        (429, f"Retry-After: {DIGITS}", "asks to wait 1000000000000000000 s"),
        (206, f"Content-Range: bytes 0-{DIGITS}/{DIGITS}", "HTTP 206"),
        (302, f"Location: https://{DIGITS}:{DIGITS}/", "is not a web address"),
        (200, f"X: {'x' * 70000}", "the connection was refused or broke"),
        (200, "\r\n".join(["X: x"] * 200), "the connection was refused or broke"),
        (200, "Content-Encoding: gzip, gzip, gzip", "compresses the file ('gzip, gzip, gzip')"),
        (200, "Content-Encoding: br", "compresses the file ('br')"),
    ],
)
def test_an_odd_head_is_an_error_of_one_line(raw_server, status, head, said):
    text = f"HTTP/1.1 {status} X\r\n{head}\r\n\r\nid\n"
    assert said in failure(raw_server(lambda: iter([text.encode()])).settings)


@pytest.mark.parametrize(
    ("header", "value"),
    [("ETag", f'"{DIGITS}"'), ("Last-Modified", DIGITS), ("ETag", '"a\xe9\x9b"')],
)
def test_a_version_that_could_not_be_sent_back_is_no_version(
    site, settings, tmp_path, header, value
):
    site.plan("/example.org/a", 200, b"it", {header: value})
    got = Client(settings).download(URL, tmp_path / "a")
    assert (got.etag, got.last_modified, got.bytes) == ("", "", 2)


def test_another_part_than_the_one_requested_is_refused(site, settings):
    for _ in range(4):
        site.plan("/example.org/a", 206, b"abc", {"Content-Range": "bytes 0-2/26"})
    with pytest.raises(FetchError, match="another part of the file came"):
        Client(settings).get_range(URL, 5, 3)


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "drops", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x", "came byte by byte, and was not whole within"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "came byte by byte"),
        (HEAD, b"0", "the file was cut short, the server fell silent"),
        (HEAD + b"3\r\nit\n\r\n0\r\n", b"X: x\r\n", "the file was cut short"),
    ],
)
def test_a_server_that_never_gets_done_is_left(raw_server, monkeypatch, start, drops, said):
    monkeypatch.setattr(patience, "READS", 2)
    server = raw_server(lambda: chain([start], repeat(drops)), pause_s=0.05)
    began = time.monotonic()
    assert said in failure(replace(server.settings, read_timeout_s=0.5))
    assert server.connections == 4
    assert time.monotonic() - began < 20  # without a limit: for ever


def test_a_greeting_of_tls_that_never_ends_is_left(raw_server):
    server = raw_server(
        lambda: chain([b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"], repeat(b"\0")), 0.05
    )
    hasty = replace(server.settings, connect_timeout_s=0.2)
    text = failure(replace(hasty, mirror=(hasty.mirror or "").replace("http", "https")))
    assert "no answer within 0.2 s" in text


def test_a_slow_server_that_gets_done_is_waited_for(raw_server):
    text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nit"
    server = raw_server(lambda: (text[i : i + 8] for i in range(0, len(text), 8)), pause_s=0.05)
    assert Client(server.settings).get(URL) == b"it"


# compressed all the same

PLAIN = b"name,kind\nMade-up Town,town\n" * 1000
PACKED = gzip.compress(PLAIN, mtime=0)  # without the hour: the names of tests hold it
AS_GZIP = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    "body",
    [
        PACKED,
        gzip.compress(PLAIN[:10], mtime=0) + gzip.compress(PLAIN[10:], mtime=0),
        PACKED + bytes(512),
    ],
)
def test_a_compressed_file_is_unpacked(site, settings, body):
    site.plan("/example.org/a", 200, body, AS_GZIP)
    assert Client(settings).get(URL) == PLAIN


@pytest.mark.parametrize("length", [None, -1])
@pytest.mark.parametrize(
    "body",
    [PACKED[: len(PACKED) // 2], PACKED[:-1], PACKED[:-8], b"", b"no gzip", PACKED + PACKED[:20]],
)
def test_a_compressed_file_that_was_cut_short_is_fetched_again(site, settings, body, length):
    site.plan("/example.org/a", 200, body, AS_GZIP, length=length)
    site.plan("/example.org/a", 200, PACKED, AS_GZIP, length=length)
    assert Client(settings).get(URL) == PLAIN
    assert len(site.asked) == 2


def test_a_compressed_file_that_is_never_whole_is_refused(site, settings, tmp_path):
    for _ in range(4):
        site.plan("/example.org/a", 200, PACKED[:-9], AS_GZIP, length=-1)
    with pytest.raises(FetchError, match="the compressed file was cut short"):
        Client(settings).download(URL, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_small_body_does_not_become_a_large_file(site, settings, tmp_path):
    bomb = gzip.compress(bytes(20_000_000))
    site.plan("/example.org/a", 200, bomb, AS_GZIP)
    with pytest.raises(FetchError, match="at most 1000000 are accepted"):
        Client(replace(settings, max_download_bytes=1_000_000)).download(URL, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []

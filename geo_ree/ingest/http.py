"""Downloads that survive a bad network, or say in one line why they did not."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from geo_ree.errors import FetchError, SettingsError
from geo_ree.ingest.faults import cure_of_body, explained, status_error
from geo_ree.settings import Settings

logger = logging.getLogger(__name__)

OnBytes = Callable[[int, int | None], None]
"""Called with the bytes received so far and the bytes expected (None when not known)."""

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes of a zip archive, and of an empty one."""

ATTEMPTS = 4
LONGEST_WAIT_S = 60.0
_BACKOFF_S = 0.5
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Download:
    """What arrived: its hash and size, and what the server calls its version.

    `unchanged` tells that the file at hand is the newest one, and nothing arrived.
    """

    sha256: str
    bytes: int
    etag: str
    last_modified: str
    unchanged: bool = False


class _SpoiltBodyError(Exception):
    """An answer that may be right when asked for again."""


class _Patience(Retry):
    """Retries that honour Retry-After, but do not sleep longer than anybody would wait."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        wait = self.get_retry_after(response) if response is not None else None
        if wait is not None and wait > LONGEST_WAIT_S and _pool is not None:
            raise MaxRetryError(_pool, url or "", ResponseError("the wait is too long"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def open_session(settings: Settings) -> requests.Session:
    """Make the one kind of session that geo_ree uses.

    Parameters
    ----------
    settings
        The user agent is taken from them.

    Returns
    -------
    requests.Session
        It repeats a request after a refused connection, a timeout and the statuses 429, 500,
        502, 503 and 504, with growing waits or those the server asks for. Certificates are
        always verified.

    Examples
    --------
    >>> open_session(Settings(user_agent="me")).headers["User-Agent"]
    'me'
    """
    session = requests.Session()
    # identity: length and hash are then those of the file itself
    session.headers.update({"User-Agent": settings.user_agent, "Accept-Encoding": "identity"})
    patience = _Patience(
        total=ATTEMPTS - 1,
        backoff_factor=_BACKOFF_S,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET", "HEAD"),
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    session.mount("https://", HTTPAdapter(max_retries=patience))
    session.mount("http://", HTTPAdapter(max_retries=patience))
    return session


def mirrored(url: str, settings: Settings) -> str:
    """Give the address that is really asked: the publisher's, or that of the mirror.

    Parameters
    ----------
    url
        The publisher's address.
    settings
        With ``mirror`` set, ``https://host/path`` becomes ``<mirror>/host/path``.

    Returns
    -------
    str

    Raises
    ------
    SettingsError
        When the mirror is not an http or https address, or has a query.

    Examples
    --------
    >>> mirrored("https://example.org/a/b.zip?x=1", Settings(mirror="http://127.0.0.1:8765"))
    'http://127.0.0.1:8765/example.org/a/b.zip?x=1'
    """
    if not settings.mirror:
        return url
    base = urlsplit(settings.mirror)
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment:
        raise SettingsError(
            f"the mirror {settings.mirror!r} is no web address",
            "give it like http://mirror.example:8765, with --mirror or GEO_REE_MIRROR",
        )
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.mirror.rstrip('/')}/{parts.netloc.rpartition('@')[2]}{parts.path}{query}"


def download(
    url: str,
    settings: Settings,
    target: Path,
    *,
    what: str = "",
    magic: tuple[bytes, ...] = (),
    on_bytes: OnBytes | None = None,
) -> Download:
    """Download one file.

    Parameters
    ----------
    url
        The publisher's address; the mirror of the settings is asked instead of it.
    settings
        Mirror, timeouts, size cap and user agent.
    target
        The file to write, in a folder that exists. It is removed when the download fails.
    what
        Name of the source, for the error.
    magic
        What the file may begin with, whatever its name; empty for anything but a web page.
    on_bytes
        Told of the progress; it starts anew when the download does.

    Returns
    -------
    Download

    Raises
    ------
    FetchError
        In one line, with source, address, what happened and the cure.
    SettingsError
        When the mirror is no web address.
    """
    asked = mirrored(url, settings)
    where = f"{what}: {asked}" if what else asked
    order = _Order(asked, where, settings, target, magic, on_bytes)
    reason = ""
    with open_session(settings) as session:
        for attempt in range(ATTEMPTS):
            if attempt:
                logger.warning("%s: %s; trying again", where, reason)
                time.sleep(_BACKOFF_S * 2 ** (attempt - 1))
            try:
                with explained(where, settings):
                    return _receive(session, order)
            except _SpoiltBodyError as error:
                reason = str(error)
                target.unlink(missing_ok=True)
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    raise FetchError(f"{where}: {reason} ({ATTEMPTS} attempts)", cure_of_body(reason))


@dataclass(frozen=True)
class _Order:
    """One download as it was asked for."""

    asked: str
    where: str
    settings: Settings
    target: Path
    magic: tuple[bytes, ...]
    on_bytes: OnBytes | None


def _receive(session: requests.Session, order: _Order) -> Download:
    settings, where = order.settings, order.where
    timeout = (settings.connect_timeout_s, settings.read_timeout_s)
    with session.get(order.asked, stream=True, timeout=timeout) as answer:
        if answer.status_code != 200:
            raise status_error(answer, where, settings)
        length = answer.headers.get("Content-Length", "")
        expected = int(length) if length.isdigit() else None
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            expected = None  # the length is then not that of the file
        _check_size(expected or 0, where, settings)
        hasher, received = hashlib.sha256(), 0
        with order.target.open("wb") as out:
            for chunk in _chunks(answer):
                if not received:
                    _check_start(chunk, order.magic)
                received += len(chunk)
                _check_size(received, where, settings)
                hasher.update(chunk)
                out.write(chunk)
                if order.on_bytes is not None:
                    order.on_bytes(received, expected)
    if expected is not None and received != expected:
        raise _SpoiltBodyError(f"the file was cut short, {received} of {expected} bytes came")
    if not received:
        raise _SpoiltBodyError("an empty file came")
    return Download(
        sha256=hasher.hexdigest(),
        bytes=received,
        etag=answer.headers.get("ETag", ""),
        last_modified=answer.headers.get("Last-Modified", ""),
    )


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(_CHUNK)
    except requests.exceptions.ChunkedEncodingError as error:
        raise _SpoiltBodyError("the file was cut short, the connection broke") from error
    except requests.exceptions.ConnectionError as error:  # requests' name for a stall in the body
        raise _SpoiltBodyError("the file was cut short, the server fell silent") from error


def _check_start(chunk: bytes, magic: tuple[bytes, ...]) -> None:
    head = chunk[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise _SpoiltBodyError("a web page (HTML) came instead of the file")
    if magic and not chunk.startswith(magic):
        raise _SpoiltBodyError(
            f"not the expected kind of file came (it begins with {chunk[:8]!r}, "
            f"expected {' or '.join(map(repr, magic))})"
        )


def _check_size(size: int, where: str, settings: Settings) -> None:
    if size > settings.max_download_bytes:
        raise FetchError(
            f"{where}: the file has {size} bytes or more, "
            f"at most {settings.max_download_bytes} are accepted",
            "check the address, or raise Settings.max_download_bytes",
        )


class Client:
    """The requests of one source: with its mirror, its patience, its limits and its hosts.

    Parameters
    ----------
    settings
        Mirror, timeouts, size cap, user agent, whether the network may be used at all.
    what
        Id of the source, for errors.
    hosts
        Hosts that may be asked; empty for any.
    pause_s
        Seconds to leave between two requests to one host.
    on_bytes
        Told of the progress of downloads.
    """

    def __init__(
        self, settings: Settings, *, what: str = "", hosts: frozenset[str] = frozenset(),
        pause_s: float = 0.0, on_bytes: OnBytes | None = None,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.what = what
        self.hosts = hosts
        self.pause_s = pause_s
        self.on_bytes = on_bytes

    def allow(self, url: str) -> None:
        """Refuse an address on a host that is not one of the source's.

        Raises
        ------
        FetchError
            Naming the host, and those that are allowed.

        Examples
        --------
        >>> Client(Settings(), hosts=frozenset({"example.org"})).allow("https://example.org/a")
        """
        host = urlsplit(url).hostname or ""
        if self.hosts and host not in self.hosts:
            raise FetchError(
                f"{self.what}: upstream leads to {url}, and {host or 'no host'} is not one of "
                f"{', '.join(sorted(self.hosts))}",
                "if that is right, add the host to reader.hosts in the catalogue entry",
            )

    def download(
        self, url: str, target: Path, *, magic: tuple[bytes, ...] = (),
        params: Mapping[str, str] | None = None, data: str = "",
        headers: Mapping[str, str] | None = None, etag: str = "", last_modified: str = "",
    ) -> Download:  # fmt: skip
        """Download one file, as the function `download` does.

        Parameters
        ----------
        url, target, magic
            As for `download`.
        params
            Added to the address as its query.
        data
            Sent as the body of a POST; blank for a GET.
        headers
            Added to those of the session.
        etag, last_modified
            Of a file at hand: the server may answer that it is unchanged.

        Returns
        -------
        Download

        Raises
        ------
        FetchError
            In one line, with source, address, what happened and the cure.
        """
        self.allow(url)
        address = requests.Request("GET", url, params=dict(params or {})).prepare().url or url
        return download(address, self.settings, target, what=self.what, magic=magic,
                        on_bytes=self.on_bytes)  # fmt: skip

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, data: str = "",
        headers: Mapping[str, str] | None = None, most_bytes: int = 64_000_000,
    ) -> bytes:  # fmt: skip
        """Ask for a small answer and give its bytes.

        Raises
        ------
        FetchError
            As for `download`, and when the answer has more than `most_bytes`.
        """
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            target = Path(folder) / "answer"
            self.download(url, target, params=params, data=data, headers=headers)
            return target.read_bytes()

    def get_json(
        self, url: str, *, params: Mapping[str, str] | None = None, data: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """Ask for a small answer in JSON.

        Raises
        ------
        FetchError
            As for `get`, and when the answer is no JSON.
        """
        body = self.get(url, params=params, data=data, headers=headers)
        try:
            return json.loads(body)
        except ValueError as error:
            start = " ".join(body[:80].decode("utf-8", "replace").split())
            raise FetchError(
                f"{self.what}: {url}: the answer is no JSON (it begins with {start!r})",
                "open the address in a browser; the publisher may have changed the service",
            ) from error

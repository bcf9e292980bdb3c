"""What has arrived of a file so far: kept beside its place, to go on from when it is cut off."""

from __future__ import annotations

import json
import logging
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import requests

from geo_ree.errors import FetchError
from geo_ree.fetching.exchange import Ask, Exchange, chunks
from geo_ree.fetching.retry import (
    LONGEST_WAIT_S,
    PASSING_STATUSES,
    CutShortError,
    PassingFaultError,
    SpoiltBodyError,
    asked_wait_s,
    backoff_s,
    explained,
    hint_for_body,
    status_error,
)
from geo_ree.fetching.session import masked, mirrored
from geo_ree.settings import Settings
from geo_ree.storage import atomic_text, sha256_of

logger = logging.getLogger(__name__)


PARTIAL_NAMES = (".*.part", ".*.part.json")
"""Patterns of the names of a partial file and of its record."""

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_PAGE = re.compile(
    rb"(?>\s|\xef\xbb\xbf|\xff\xfe|\xfe\xff|<\?xml[^>]*>|<!--.*?-->)*+"  # never looked at twice
    rb"<(?:!doctype\s+html|html|head|title|meta|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)
HEAD = 2048
"""Bytes at the beginning of a file that are looked at."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What tells one state of a file from another.

    Parameters
    ----------
    url
        The address that was asked.
    etag, last_modified
        As the server gave them; blank where it gave none.
    total
        Bytes of the whole file; None when not known.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    total: int | None = None

    @property
    def condition(self) -> str:
        """Value of If-Range: a strong ETag or a date; blank when neither is there."""
        strong = self.etag if self.etag.startswith('"') else ""
        return strong or self.last_modified

    def agrees(self, other: Version) -> bool:
        """Tell whether both may be of the same state: nothing that both know differs."""
        pairs = (
            (self.url, other.url),
            (self.etag, other.etag),
            (self.last_modified, other.last_modified),
            (self.total, other.total),
        )
        return all(a == b for a, b in pairs if a and b)


def version_of(answer: requests.Response, url: str) -> Version:
    """Read the version of a file from the answer to a request for it, or for a part of it.

    Examples
    --------
    >>> answer = requests.Response()
    >>> answer.status_code = 206
    >>> answer.headers["Content-Range"] = "bytes 10-19/300"
    >>> version_of(answer, "https://example.org/a.zip").total
    300
    """
    headers = answer.headers
    if _is_encoded(answer):
        return Version(url=url)  # size and version are then not those of the file
    if answer.status_code == 206:
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        length = found[3] if found else ""
    else:
        length = "" if "Transfer-Encoding" in headers else headers.get("Content-Length", "")
    return Version(
        url=url,
        etag=headers.get("ETag", ""),
        last_modified=headers.get("Last-Modified", ""),
        total=int(length) if length.isascii() and length.isdigit() else None,
    )


def _is_encoded(answer: requests.Response) -> bool:
    return answer.headers.get("Content-Encoding", "identity").lower() != "identity"


class Partial:
    """A file under way, and the version it is of; both outlive the process.

    Parameters
    ----------
    target
        Where the file will be, in a folder that exists.
    url
        The address that is asked; what came from another one is of no use.
    keep
        Whether a broken download may be gone on with at all.
    """

    def __init__(self, target: Path, url: str, *, keep: bool = True) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self.record = target.with_name(f".{target.name}.part.json")
        self.url = url
        self.keep = keep
        self.version = self._recorded()
        if self.size == 0:
            self.discard()

    @property
    def size(self) -> int:
        """Bytes that have arrived and can be gone on from."""
        if not self.keep or not self.version.condition or not self.path.is_file():
            return 0
        return self.path.stat().st_size

    def headers(self) -> Mapping[str, str]:
        """Give the headers that ask for the rest of the file; none when there is no beginning."""
        size, total = self.size, self.version.total
        if total is not None and size >= total:  # killed at the very end: ask for one byte again
            size = total - 1
            with self.path.open("r+b") as stream:
                stream.truncate(size)
        if size <= 0:
            return {}
        return {"Range": f"bytes={size}-", "If-Range": self.version.condition}

    def open(self, answer: requests.Response) -> BinaryIO:
        """Open the file for the body of an answer, at the place where that body belongs.

        Raises
        ------
        SpoiltBodyError
            When the body is not the rest of what is here.
        """
        version = version_of(answer, self.url)
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status_code == 206 and self.size:
            fits = found is not None and int(found[1]) == self.size
            if not fits or _is_encoded(answer) or not version.agrees(self.version):
                self.discard()
                raise SpoiltBodyError("the file changed while it was fetched")
            self.version = replace(self.version, total=version.total or self.version.total)
            return self.path.open("ab")
        self.discard()
        self.version = version
        if answer.status_code == 206:  # a part is all that was asked for
            length = int(found[2]) - int(found[1]) + 1 if found else None
            self.version = replace(version, total=length)
        if self.keep and version.condition:  # first the record: bytes without one are worthless
            atomic_text(self.record, json.dumps(asdict(version)))
        return self.path.open("wb")

    def head(self) -> bytes:
        """Give the first `HEAD` bytes of what has arrived."""
        with self.path.open("rb") as stream:
            return stream.read(HEAD)

    def finish(self) -> tuple[Path, Version]:
        """Move the whole file to its place, and tell what it is."""
        self.path.replace(self.target)
        self.record.unlink(missing_ok=True)
        return self.target, self.version

    def discard(self) -> None:
        """Forget what has arrived."""
        self.path.unlink(missing_ok=True)
        self.record.unlink(missing_ok=True)
        self.version = Version(url=self.url)

    def leave(self) -> None:
        """Keep what a later run can go on from, and nothing else."""
        if not self.size:
            self.discard()

    def _recorded(self) -> Version:
        try:
            version = Version(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Version(url=self.url)
        return version if self.keep and version.url == self.url else Version(url=self.url)


def check_head(head: bytes, magic: tuple[bytes, ...], *, page: bool = False) -> None:
    """Refuse a file by its first bytes, whatever its name is.

    Parameters
    ----------
    head
        Its first bytes, up to `HEAD`.
    magic
        What it may begin with; empty for anything but a web page.
    page
        Whether a web page is what was asked for.

    Raises
    ------
    SpoiltBodyError
        Saying what came.

    Examples
    --------
    >>> check_head(b"<!-- hello --><HTML>", ())
    Traceback (most recent call last):
    geo_ree.fetching.retry.SpoiltBodyError: a web page (HTML) came instead of the file
    """
    if not head:
        raise SpoiltBodyError("an empty file came")
    if not page and _PAGE.match(head.replace(b"\0", b"")):  # UTF-16 has zeros between
        raise SpoiltBodyError("a web page (HTML) came instead of the file")
    if magic and not head.startswith(magic):
        raise SpoiltBodyError(
            f"not the expected kind of file came (it begins with {head[:8]!r}, "
            f"expected {' or '.join(map(repr, magic))})"
        )


OnBytes = Callable[[int, int | None], None]
"""Called with the bytes received so far and the bytes expected (None when not known)."""

ATTEMPTS = 4
"""Attempts without gain before a request is given up."""

GAIN_BYTES = 1 << 20
"""An attempt that brought so much of a file was not in vain."""

_BACKOFF_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Download:
    """What arrived: its hash and size, and what the server calls its version.

    `unchanged` tells that the file at hand is the newest one, and nothing arrived. `total` is the
    size of the whole file, of which a range request brings only `bytes`.
    """

    sha256: str
    bytes: int
    etag: str
    last_modified: str
    unchanged: bool = False
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an answer may be.

    Parameters
    ----------
    magic
        What it may begin with; empty for anything but a web page.
    page
        Whether it may be a web page.
    part
        Whether it is a part of a file that is asked for.
    most_bytes
        A larger one is refused.
    too_big
        What to do about one that is larger.
    etag, last_modified
        Of the file at hand: the server may answer that it is unchanged.
    """

    magic: tuple[bytes, ...] = ()
    page: bool = False
    part: bool = False
    most_bytes: int
    too_big: str
    etag: str = ""
    last_modified: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for another version than the one at hand."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


class _Pace:
    """Tells a download that crawls for ever from one that is only slow."""

    def __init__(self, settings: Settings, size: int) -> None:
        self.settings = settings
        self.since, self.size = time.monotonic(), size

    def check(self, size: int) -> None:
        """Compare what has come in each `stall_s` seconds with the least that has to."""
        passed = time.monotonic() - self.since
        if passed < self.settings.stall_s:
            return
        if size - self.size < self.settings.min_bytes_per_s * passed:
            raise CutShortError(
                f"the file was given up, only {size - self.size} bytes came in {passed:.0f} s"
            )
        self.since, self.size = time.monotonic(), size


class Transfer:
    """The way of one file, from the request to its place.

    Parameters
    ----------
    exchange
        Makes the requests.
    ask, wish
        What is asked for, and what may come.
    target
        The file to write.
    on_bytes
        Told of the progress.
    """

    def __init__(
        self,
        exchange: Exchange,
        ask: Ask,
        wish: Wish,
        target: Path,
        on_bytes: OnBytes | None = None,
    ) -> None:
        self.exchange = exchange
        self.ask = ask
        self.wish = wish
        self.on_bytes = on_bytes
        told = masked(ask.url, exchange.secrets)  # it is written down
        self.partial = Partial(target, told, keep=not ask.data and not wish.part)

    def run(self) -> Download:
        """Ask until the file is there, or until asking again is of no use.

        Raises
        ------
        FetchError
            In one line, with source, address, what happened and the hint.
        """
        failures, furthest = 0, self.partial.size
        try:
            while True:
                try:
                    return self._attempt()
                except PassingFaultError as fault:
                    failures += 1
                    if self.partial.size - furthest >= GAIN_BYTES:
                        failures = 0
                    furthest = max(furthest, self.partial.size)
                    if failures >= ATTEMPTS or fault.wait_s > LONGEST_WAIT_S:
                        tries = f" ({failures} attempts)" if failures > 1 else ""
                        raise FetchError(fault.error.what + tries, fault.error.hint) from fault
                    logger.warning(
                        "%s; trying again", masked(fault.error.what, self.exchange.secrets)
                    )
                    time.sleep(max(fault.wait_s, backoff_s(failures or 1, _BACKOFF_S)))
        finally:
            self.partial.leave()

    def _attempt(self) -> Download:
        ask, wish, partial = self.ask, self.wish, self.partial
        rest = partial.headers()
        with self.exchange.answer(replace(ask, extra={**wish.conditions, **rest})) as answer:
            if answer.status_code == 304 and wish.conditions:
                partial.discard()
                return Download(
                    sha256="",
                    bytes=0,
                    etag=wish.etag,
                    last_modified=wish.last_modified,
                    unchanged=True,
                )
            try:
                self._check_status(answer, rest=bool(rest))
                self._receive(answer)
            except SpoiltBodyError as error:
                if not isinstance(error, CutShortError):
                    partial.discard()
                fault = FetchError(f"{ask.where}: {error}", hint_for_body(str(error)))
                raise PassingFaultError(fault) from error
            except FetchError:
                partial.discard()
                raise
        target, version = partial.finish()
        size = target.stat().st_size
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        return Download(
            sha256=sha256_of(target),
            bytes=size,
            total=int(found[3]) if found and found[3] != "*" else size,
            etag=answer.headers.get("ETag", version.etag),
            last_modified=answer.headers.get("Last-Modified", version.last_modified),
        )

    def _check_status(self, answer: requests.Response, *, rest: bool) -> None:
        status = answer.status_code
        if status == 200 or (status == 206 and (rest or self.wish.part)):
            return
        if status == 304:
            raise SpoiltBodyError("HTTP 304, unchanged, came though nothing is at hand")
        if status in (412, 416) and rest:
            raise SpoiltBodyError(f"the server did not go on with the file (HTTP {status})")
        error = status_error(answer, self.ask.where, self.exchange.settings)
        if status in PASSING_STATUSES:
            raise PassingFaultError(error, asked_wait_s(answer.headers))
        raise error

    def _receive(self, answer: requests.Response) -> None:
        partial = self.partial
        with partial.open(answer) as out:
            size, total = out.tell(), partial.version.total
            self._check_size(max(size, total or 0))
            first_look, pace = min(HEAD, total or HEAD), _Pace(self.exchange.settings, size)
            for chunk in chunks(answer):
                out.write(chunk)
                looked_at = size >= first_look
                size += len(chunk)
                if size >= first_look and not looked_at:  # why wait for the end of a web page?
                    out.flush()
                    self._check_head()
                self._check_size(size)
                pace.check(size)
                if self.on_bytes is not None:
                    self.on_bytes(size, total)
        if total is not None and size < total:
            raise CutShortError(f"the file was cut short, {size} of {total} bytes came")
        if total is not None and size > total:
            raise SpoiltBodyError(f"more than the file came, {size} bytes in place of {total}")
        self._check_head()

    def _check_head(self) -> None:
        check_head(self.partial.head(), self.wish.magic, page=self.wish.page)

    def _check_size(self, size: int) -> None:
        if size > self.wish.most_bytes:
            raise FetchError(
                f"{self.ask.where}: the file has {size} bytes or more, "
                f"at most {self.wish.most_bytes} are accepted",
                self.wish.too_big,
            )


ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes of a zip archive, and of an empty one."""


class Client:
    """The requests of one source: with its mirror, its patience, its limits and its hosts.

    It may be used by several threads. Nothing is held open but idle connections, which
    `close`, or the end of a ``with`` block, gives back.

    Parameters
    ----------
    settings
        Mirror, timeouts, size cap, user agent, whether the network may be used at all.
    source_id
        Id of the source, for errors.
    hosts
        Hosts that may be asked; empty for any.
    pause_s
        Seconds to leave between two requests to one host.
    on_bytes
        Told of the progress of downloads.
    at_hand
        Address of the snapshot at hand: only of a file from there can a server know whether it
        is unchanged; blank for any.
    secrets
        Texts that are kept out of the log.

    Examples
    --------
    >>> with Client(Settings(offline=True), source_id="usgs_ree") as client:
    ...     client.get("https://example.org/a.json")
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree: https://example.org/a.json is not asked, for geo_ree \
works offline; leave out --offline, or hand over the file with --file
    """

    def __init__(
        self,
        settings: Settings,
        *,
        source_id: str = "",
        hosts: frozenset[str] = frozenset(),
        pause_s: float = 0.0,
        on_bytes: OnBytes | None = None,
        at_hand: str = "",
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.settings = settings
        self.source_id = source_id
        self.hosts = hosts
        self.pause_s = pause_s
        self.on_bytes = on_bytes
        self.at_hand = at_hand
        self.secrets = secrets
        self._exchange = Exchange(
            settings, source_id=source_id, hosts=hosts, pause_s=pause_s, secrets=secrets
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._exchange.session.close()

    def allow(self, url: str) -> None:
        """Refuse an address that may not be asked: see `geo_ree.fetching.session.check_address`.

        Raises
        ------
        FetchError
            When geo_ree works offline, the host is not one of the source's, or the connection
            would not be encrypted.

        Examples
        --------
        >>> Client(Settings(), hosts=frozenset({"example.org"})).allow("https://example.org/a")
        """
        self._exchange.allow(url)

    def download(
        self,
        url: str,
        target: Path,
        *,
        magic: tuple[bytes, ...] = (),
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
        etag: str = "",
        last_modified: str = "",
    ) -> Download:
        """Download one file.

        What arrives is kept beside `target`, so that a download that broke off, even because
        the process ended, goes on where it was when the server allows it.

        Parameters
        ----------
        url
            The publisher's address; the mirror of the settings is asked instead of it.
        target
            The file to write, in a folder that exists. It appears when it is whole.
        magic
            What the file may begin with, whatever its name; empty for anything but a web page
            (and for a web page, too, where ``headers`` accept ``text/html``).
        params
            Added to the address as its query.
        data
            Sent as the body of a POST, in UTF-8; blank for a GET.
        headers
            Added to those of the session, for the first host that is asked.
        etag, last_modified
            Of a file at hand: the server may answer that it is unchanged.

        Returns
        -------
        Download

        Raises
        ------
        FetchError
            In one line, with source, address, what happened and the hint; `AbsentError` when
            the server has no such file.
        SettingsError
            When the mirror is no web address, or the file cannot be written.
        """
        ask = self._ask(url, params, data, headers)
        if self.at_hand not in ("", url):
            etag = last_modified = ""
        wish = Wish(
            magic=magic,
            page="text/html" in ask.header("Accept"),
            part=bool(ask.header("Range")),
            most_bytes=self.settings.max_download_bytes,
            etag=etag,
            last_modified=last_modified,
            too_big="check the address, or raise Settings.max_download_bytes",
        )
        return Transfer(self._exchange, ask, wish, target, self.on_bytes).run()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
        most_bytes: int = 64_000_000,
    ) -> bytes:
        """Ask for a small answer and give its bytes.

        Raises
        ------
        FetchError
            As for `download`, and when the answer has more than `most_bytes`.
        """
        ask = self._ask(url, params, data, headers)
        wish = Wish(
            page="text/html" in ask.header("Accept"),
            part=bool(ask.header("Range")),
            most_bytes=min(most_bytes, self.settings.max_download_bytes),
            too_big="check the address: no answer to this request should be so large",
        )
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            target = Path(folder) / "answer"
            Transfer(self._exchange, ask, wish, target, self.on_bytes).run()
            return target.read_bytes()

    def get_range(self, url: str, start: int, length: int) -> tuple[bytes, int]:
        """Download part of a file (HTTP Range).

        Parameters
        ----------
        url
            The publisher's address.
        start, length
            First byte, counted from 0, and number of bytes.

        Returns
        -------
        bytes, int
            The part, shorter where the file ends earlier, and the size of the whole file.

        Raises
        ------
        FetchError
            As for `get`, and when the server sends the whole file and that is larger.
        """
        ask = self._ask(url, None, "", {"Range": f"bytes={start}-{start + length - 1}"})
        wish = Wish(
            part=True,
            most_bytes=length,
            too_big="the server does not answer range requests: use a mirror that does, "
            "or provide the file with --file",
        )
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            target = Path(folder) / "part"
            download = Transfer(self._exchange, ask, wish, target, self.on_bytes).run()
            return target.read_bytes(), download.total

    def get_json(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
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
                f"{self.source_id}: {url}: the answer is no JSON (it begins with {start!r})",
                "open the address in a browser; the publisher may have changed the service",
            ) from error

    def _ask(
        self,
        url: str,
        params: Mapping[str, str] | None,
        data: str,
        headers: Mapping[str, str] | None,
    ) -> Ask:
        self.allow(url)
        start = f"{self.source_id}: " if self.source_id else ""
        with explained(f"{start}{url}", self.settings):
            full = requests.Request("GET", url, params=dict(params or {})).prepare().url or url
        self.allow(full)
        asked = mirrored(full, self.settings)
        return Ask(url=asked, where=f"{start}{asked}", data=data, headers=dict(headers or {}))

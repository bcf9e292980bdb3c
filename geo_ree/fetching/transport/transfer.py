"""One file from a server to its place: resumed when it was cut short, checked, then moved there."""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import requests

from geo_ree.errors import FetchError
from geo_ree.fetching.transport.body import BadBodyError, is_encoded, unpacked_pieces
from geo_ree.fetching.transport.masking import masked
from geo_ree.fetching.transport.retry import TemporaryError, status_error, whole_number
from geo_ree.fetching.transport.session import HttpRequest, Session
from geo_ree.reading.file_kinds import POINTER, POINTER_HINT, is_pointer
from geo_ree.settings import Settings
from geo_ree.storage import atomic_text, sha256_of

logger = logging.getLogger(__name__)

OnBytes = Callable[[int, int | None], None]
"""Called with the bytes received so far, and the bytes expected (None if unknown)."""

PARTIAL_NAMES = (".*.part", ".*.part.json")
"""Patterns of the names of a partial file and of its record."""

ATTEMPTS = 4  # that fail in a row: then a download is given up
GAIN_BYTES = 1 << 20  # an attempt that added so much to a file does not count as failed
LONGEST_WAIT_S = 60.0  # a server that asks to wait longer is not waited for
_BACKOFF_S = 0.5
_HEAD_BYTES = 2048  # of a file, checked for a web page or another kind of file
_LONGEST_VERSION = 1000  # characters of an ETag or a date
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_PAGE = re.compile(
    rb"(?>\s|\xef\xbb\xbf|\xff\xfe|\xfe\xff|<\?xml[^>]*>|<!--.*?-->)*+"  # never backtracks
    rb"<(?:!doctype\s+html|html|head|title|meta|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Download:
    """What arrived: hash and size, and the version as the server gave it (blank if it gave none).

    If `unchanged`, the server said that the known version is the newest, and nothing arrived. A
    range request downloads only `bytes` of the `total` size of the file.
    """

    sha256: str = ""
    bytes: int = 0
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False
    total: int = 0


def transfer_file(
    session: Session,
    request: HttpRequest,
    target: Path,
    secrets: tuple[str, ...] = (),
    on_bytes: OnBytes | None = None,
) -> Download:
    """Repeat a request until its file is at `target`, or until repeating it is of no use.

    Each attempt continues where the last one ended, if the server can do that. Secrets are masked
    in the log and in the record beside the partial file. Raises a FetchError of one line.
    """
    address = masked(request.url, secrets)
    part = PartialFile(target, address, keep=not request.data and not request.part)
    failures, furthest = 0, part.size
    try:
        while True:
            try:
                return _attempt(session, request, part, on_bytes)
            except TemporaryError as error:
                failures = 0 if part.size - furthest >= GAIN_BYTES else failures + 1
                furthest = max(furthest, part.size)
                if failures >= ATTEMPTS or error.wait_s > LONGEST_WAIT_S:
                    tries = f" ({failures} attempts)" if failures > 1 else ""
                    raise FetchError(error.what + tries, error.hint) from error
                logger.warning("%s; trying again", masked(error.what, secrets))
                # twice as long each time, and never in step with other clients
                backoff_s = _BACKOFF_S * 2 ** max(0, failures - 1) * random.uniform(0.5, 1.0)
                time.sleep(max(error.wait_s, backoff_s))
    finally:
        part.close()


def _attempt(
    session: Session, request: HttpRequest, part: PartialFile, on_bytes: OnBytes | None
) -> Download:
    """Request the file, or the rest of it, once."""
    rest = part.range_headers()
    with session.answer(request, {**request.conditions, **rest}) as answer:
        if answer.status_code == 304 and request.conditions:
            part.discard()
            return Download(unchanged=True)
        try:
            _check_status(request, answer, session.settings, resuming=bool(rest))
            _receive(request, answer, part, session.settings, on_bytes)
        except BadBodyError as error:
            if not error.resumable:
                part.discard()
            raise TemporaryError(f"{request.where}: {error}", error.hint) from error
        except FetchError as error:
            if not isinstance(error, TemporaryError):
                part.discard()
            raise
    part.finish()
    size, version = part.target.stat().st_size, part.version
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return Download(
        sha256=sha256_of(part.target),
        bytes=size,
        etag=_stated(answer, "ETag") or version.etag,
        last_modified=_stated(answer, "Last-Modified") or version.last_modified,
        total=int(found[3]) if found and found[3] != "*" else size,
    )


def _check_status(
    request: HttpRequest, answer: requests.Response, settings: Settings, *, resuming: bool
) -> None:
    status = answer.status_code
    if status == 200 or (status == 206 and (resuming or request.part)):
        return
    if status == 304:
        raise BadBodyError("HTTP 304, unchanged, came though no version is known")
    if status in (412, 416) and resuming:
        raise BadBodyError(f"the server did not continue the file (HTTP {status})")
    raise status_error(answer, request.where, settings)


def _check_part(request: HttpRequest, answer: requests.Response) -> None:
    """Raise a BadBodyError if a part of the file comes that does not begin as requested."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if request.part and answer.status_code == 206 and found:
        wanted = f"bytes={found[1]}-"
        if not request.headers["Range"].startswith(wanted):
            raise BadBodyError("another part of the file came than the one requested")


def _receive(
    request: HttpRequest,
    answer: requests.Response,
    part: PartialFile,
    settings: Settings,
    on_bytes: OnBytes | None,
) -> None:
    """Write the body of an answer, and stop as soon as it cannot be the file."""
    _check_part(request, answer)
    with (
        closing(unpacked_pieces(answer, request.where)) as chunks,
        part.open(answer) as out,
    ):
        size, total = out.tell(), part.version.total
        request.check_size(max(size, total or 0))
        head_bytes = min(_HEAD_BYTES, total or _HEAD_BYTES)
        slow_since, slow_size = time.monotonic(), size
        for chunk in chunks:
            out.write(chunk)
            size += len(chunk)
            if size - len(chunk) < head_bytes <= size:  # a web page shows at once
                out.flush()
                part.check_head(request.magic, page=request.page)
            request.check_size(size)
            passed_s, gain = time.monotonic() - slow_since, size - slow_size
            if passed_s >= settings.stall_s:
                if gain < settings.min_bytes_per_s * passed_s:
                    reason = f"too slow, only {gain} bytes came in {passed_s:.0f} s"
                    raise BadBodyError(reason, resumable=True)
                slow_since, slow_size = time.monotonic(), size
            if on_bytes is not None:
                on_bytes(size, total)
    if total is not None and size < total:
        reason = f"the file was cut short, {size} of {total} bytes came"
        raise BadBodyError(reason, resumable=True)
    if total is not None and size > total:
        raise BadBodyError(f"more than the file came, {size} bytes instead of {total}")
    part.check_head(request.magic, page=request.page)


@dataclass(frozen=True, kw_only=True)
class Version:
    """What distinguishes one state of a file from another; blank or None where unknown."""

    url: str
    etag: str = ""
    last_modified: str = ""
    total: int | None = None

    @property
    def condition(self) -> str:
        """Value of If-Range: a strong ETag, or the date; blank if there is neither."""
        return self.etag if self.etag.startswith('"') else self.last_modified

    def agrees(self, other: Version) -> bool:
        """Return whether nothing that both know differs."""
        mine, others = asdict(self), asdict(other)
        return all(mine[k] == others[k] for k in mine if mine[k] and others[k])


class PartialFile:
    """A file on its way to `target`, and beside it a record of its version; both survive a kill.

    With `keep` false nothing is continued: every attempt starts from the first byte. Bytes that
    came from another address than `url` are not continued either.
    """

    def __init__(self, target: Path, url: str, *, keep: bool = True) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self.record = target.with_name(f".{target.name}.part.json")
        self.url = url
        self.keep = keep
        self.version = self._read_record()
        if self.size == 0:
            self.discard()

    @property
    def size(self) -> int:
        """Number of bytes from which the download can continue."""
        if not self.keep or not self.version.condition or not self.path.is_file():
            return 0
        return self.path.stat().st_size

    def range_headers(self) -> Mapping[str, str]:
        """Return the headers that request the rest of the file; none if nothing has arrived."""
        size, total = self.size, self.version.total
        if total is not None and size >= total:  # killed at the very end: request one byte again
            size = total - 1
            with self.path.open("r+b") as stream:
                stream.truncate(size)
        if size <= 0:
            return {}
        return {"Range": f"bytes={size}-", "If-Range": self.version.condition}

    def open(self, answer: requests.Response) -> BinaryIO:
        """Open the file at the place where the body of an answer belongs.

        Raises a BadBodyError if the body is not the rest of what has arrived.
        """
        version = _version_of(answer, self.url)
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status_code == 206 and self.size:
            fits = found is not None and int(found[1]) == self.size
            if not fits or is_encoded(answer) or not version.agrees(self.version):
                raise BadBodyError("the file changed during the download")
            self.version = replace(self.version, total=version.total or self.version.total)
            return self.path.open("ab")
        self.discard()
        self.version = version
        if answer.status_code == 206:  # the request was for a part of the file
            length = int(found[2]) - int(found[1]) + 1 if found else None
            self.version = replace(version, total=length)
        if self.keep and version.condition:  # the record first: bytes without one are worthless
            atomic_text(self.record, json.dumps(asdict(version)))
        return self.path.open("wb")

    def check_head(self, magic: tuple[bytes, ...], *, page: bool) -> None:
        """Raise a BadBodyError if the first bytes show that this is not the file.

        `magic` lists what the file may start with, whatever its name; empty for anything but a
        web page, and with `page` for a web page, too.
        """
        with self.path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if not head:
            raise BadBodyError("an empty file came")
        if not page and _PAGE.match(head.replace(b"\0", b"")):  # UTF-16 has zeros between
            raise BadBodyError(
                "a web page (HTML) came instead of the file",
                "open the address in a browser: it may ask to sign in; "
                "or give a mirror with --mirror",
            )
        if is_pointer(head):
            raise BadBodyError(POINTER, POINTER_HINT)
        if magic and not head.startswith(magic):
            raise BadBodyError(
                f"not the expected kind of file came (it begins with {head[:8]!r}, "
                f"expected {' or '.join(map(repr, magic))})",
                "the publisher may have changed it: correct url in the catalogue entry",
            )

    def finish(self) -> None:
        """Move the whole file to its target."""
        self.path.replace(self.target)
        self.record.unlink(missing_ok=True)

    def discard(self) -> None:
        """Delete what has arrived."""
        self.path.unlink(missing_ok=True)
        self.record.unlink(missing_ok=True)
        self.version = Version(url=self.url)

    def close(self) -> None:
        """Keep only what a later run can continue."""
        if not self.size:
            self.discard()

    def _read_record(self) -> Version:
        try:
            version = Version(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Version(url=self.url)
        texts = isinstance(version.etag, str) and isinstance(version.last_modified, str)
        sound = texts and isinstance(version.total, int | None) and version.url == self.url
        return version if self.keep and sound else Version(url=self.url)


def _version_of(answer: requests.Response, url: str) -> Version:
    """Read the version of a file from the answer to a request for it, or for a part of it."""
    headers = answer.headers
    if is_encoded(answer):
        return Version(url=url)  # size and version are not those of the file
    if answer.status_code == 206:
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        length = found[3] if found else ""
    else:
        length = "" if "Transfer-Encoding" in headers else headers.get("Content-Length", "")
    return Version(
        url=url,
        etag=_stated(answer, "ETag"),
        last_modified=_stated(answer, "Last-Modified"),
        total=whole_number(length),
    )


def _stated(answer: requests.Response, name: str) -> str:
    """Return what a header states; blank for what could not be sent back in a header."""
    text: str = answer.headers.get(name, "").strip()
    return text if text.isascii() and text.isprintable() and len(text) <= _LONGEST_VERSION else ""

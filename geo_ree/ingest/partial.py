"""What has arrived of a file so far: kept beside its place, to go on from when it is cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import requests

from geo_ree.ingest.faults import SpoiltBodyError
from geo_ree.storage import atomic_text

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
        pairs = ((self.url, other.url), (self.etag, other.etag),
                 (self.last_modified, other.last_modified), (self.total, other.total))  # fmt: skip
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
        url=url, etag=headers.get("ETag", ""), last_modified=headers.get("Last-Modified", ""),
        total=int(length) if length.isascii() and length.isdigit() else None,
    )  # fmt: skip


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
    geo_ree.ingest.faults.SpoiltBodyError: a web page (HTML) came instead of the file
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

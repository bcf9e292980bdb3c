"""One file from the first request to the last byte, over as many attempts as it takes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from geo_ree.errors import FetchError
from geo_ree.ingest.exchange import Ask, Exchange, chunks
from geo_ree.ingest.faults import (
    PASSING_STATUSES,
    CutShortError,
    PassingFaultError,
    SpoiltBodyError,
    cure_of_body,
    status_error,
)
from geo_ree.ingest.partial import HEAD, Partial, check_head
from geo_ree.ingest.secrets import masked
from geo_ree.ingest.throttle import LONGEST_WAIT_S, asked_wait_s, backoff_s
from geo_ree.settings import Settings
from geo_ree.storage import sha256_of

logger = logging.getLogger(__name__)

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

    `unchanged` tells that the file at hand is the newest one, and nothing arrived.
    """

    sha256: str
    bytes: int
    etag: str
    last_modified: str
    unchanged: bool = False


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
        self, exchange: Exchange, ask: Ask, wish: Wish, target: Path,
        on_bytes: OnBytes | None = None,
    ) -> None:  # fmt: skip
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
            In one line, with source, address, what happened and the cure.
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
                        raise FetchError(fault.error.what + tries, fault.error.cure) from fault
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
                return Download(sha256="", bytes=0, etag=wish.etag,
                                last_modified=wish.last_modified, unchanged=True)  # fmt: skip
            try:
                self._check_status(answer, rest=bool(rest))
                self._receive(answer)
            except SpoiltBodyError as error:
                if not isinstance(error, CutShortError):
                    partial.discard()
                fault = FetchError(f"{ask.where}: {error}", cure_of_body(str(error)))
                raise PassingFaultError(fault) from error
            except FetchError:
                partial.discard()
                raise
        target, version = partial.finish()
        return Download(
            sha256=sha256_of(target), bytes=target.stat().st_size,
            etag=answer.headers.get("ETag", version.etag),
            last_modified=answer.headers.get("Last-Modified", version.last_modified),
        )  # fmt: skip

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

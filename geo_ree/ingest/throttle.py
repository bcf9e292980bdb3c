"""Politeness: how often a host is asked, and how long to wait before asking again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 60.0
"""Nobody waits longer for a server that asks for it."""

MOST_AT_ONCE = 2
"""Requests that are under way to one host at the same time."""


class _Host:
    def __init__(self, most: int) -> None:
        self.places = threading.BoundedSemaphore(most)
        self.guard = threading.Lock()
        self.busy_until = float("-inf")


class Throttle:
    """Keeps the requests of all threads to one host few and apart.

    Parameters
    ----------
    most
        Requests that may be under way to one host at the same time.

    Examples
    --------
    >>> throttle = Throttle()
    >>> with throttle.turn("example.org", 0.5):
    ...     pass  # the request
    """

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str, pause_s: float) -> Iterator[None]:
        """Wait until the host may be asked, and hold a place while the block runs.

        Parameters
        ----------
        host
            Whom to ask, with the port.
        pause_s
            Seconds since the last request to it began or ended. Turns are given in the order
            in which they were asked for, so that a hasty thread does not starve a patient one.
        """
        with self._guard:
            place = self._hosts.setdefault(host, _Host(self._most))
        with place.places:
            with place.guard:
                start = max(time.monotonic(), place.busy_until + pause_s)
                place.busy_until = start
            time.sleep(max(0.0, start - time.monotonic()))
            try:
                yield
            finally:
                with place.guard:
                    place.busy_until = max(place.busy_until, time.monotonic())


def backoff_s(failures: int, first_s: float) -> float:
    """Give the seconds to wait after some failures: twice as long each time, with some chance.

    Examples
    --------
    >>> 1.0 <= backoff_s(2, 1.0) <= 2.0
    True
    """
    return first_s * 2 ** (failures - 1) * random.uniform(0.5, 1.0)


def asked_wait_s(headers: Mapping[str, str]) -> float:
    """Give the seconds that a server asks to wait with Retry-After, 0 where it does not.

    Parameters
    ----------
    headers
        Of its answer: seconds, or a date, which is compared with the server's own clock.

    Examples
    --------
    >>> asked_wait_s({"Retry-After": "120"})
    120.0
    >>> asked_wait_s({"Retry-After": "Sun, 01 Feb 2026 00:01:00 GMT",
    ...               "Date": "Sun, 01 Feb 2026 00:00:00 GMT"})
    60.0
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _moment(text)
    if until is None:
        return 0.0
    now = _moment(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

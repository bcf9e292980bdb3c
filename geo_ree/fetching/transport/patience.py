"""Connections that hang up on a server which sends byte by byte.

The timeouts of `requests` limit one read each. A server that sends a byte before each of them ends
can hold a connection for days: in a head, or in the length of a chunk. Here a whole step has a limit,
too. (The greeting of TLS has one of its own.)
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.poolmanager import PoolManager

READS = 3
"""A step (a head, a piece of a body) may take as long as so many reads may."""


class SlowStepError(ReadTimeoutError):
    """A server that sent something now and then, but not all of it in time."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(None, "", f"not whole within {limit_s:g} s")  # type: ignore[arg-type]
        self.limit_s = limit_s


class Patience:
    """Hangs up when a step is not over in time; `renew` begins the next step.

    `line` gives the socket. Raises a SlowStepError at the end of a block that was cut off.
    """

    def __init__(self, line: Callable[[], socket.socket | None], read_s: float | None) -> None:
        self._line = line
        self._limit_s = READS * (read_s or 0.0)
        self._until = time.monotonic() + self._limit_s
        self._expired = False
        self._over = threading.Event()

    def __enter__(self) -> Self:
        if self._limit_s:
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._expired:
            raise SlowStepError(self._limit_s)

    def renew(self) -> None:
        """Begin the next step."""
        self._until = time.monotonic() + self._limit_s

    def _watch(self) -> None:
        while not self._over.wait(max(0.0, self._until - time.monotonic())):
            if time.monotonic() >= self._until:
                self._expired = True
                line = self._line()
                with suppress(OSError):
                    if line is not None:  # not the method of TLS, which would want to say goodbye
                        socket.socket.shutdown(line, socket.SHUT_RDWR)
                return


class _Patient:
    """A connection whose heads have a limit of time."""

    sock: Any
    timeout: float | None
    line: socket.socket | None = None

    def getresponse(self) -> Any:
        self.line = self.sock  # a connection that will close drops it
        with Patience(lambda: self.line, self.timeout):
            return super().getresponse()  # type: ignore[misc]


class _Http(_Patient, HTTPConnection):
    pass


class _Https(_Patient, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class PatientAdapter(HTTPAdapter):
    """Sends requests over connections that hang up on a server which sends byte by byte."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the connections to servers."""
        super().init_poolmanager(*args, **kwargs)
        _make_patient(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the connections to a proxy."""
        return _make_patient(super().proxy_manager_for(*args, **kwargs))


def _make_patient(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return manager


def body_patience(raw: Any) -> Patience:
    """Limit the pieces of a body whose head was received by a `PatientAdapter`."""
    line = getattr(raw.connection, "line", None)
    return Patience(lambda: line, line and line.gettimeout())

"""Which run is served: the newest, as soon as it is whole."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from geo_ree.errors import GeoReeError
from geo_ree.serving.served_run import ServedRun

_LOG = logging.getLogger(__name__)
_EVERY_S = 2.0

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class NewestRun:
    """A WSGI application that serves another run as soon as one replaces the first.

    Parameters
    ----------
    make
        Makes the application of a run.
    open_run
        Opens the run.
    version
        Says which run there is; asked every two seconds at most.

    Notes
    -----
    A run that cannot be opened is named in the log, and the one before is served further.
    """

    def __init__(
        self,
        make: Callable[[ServedRun], Application],
        open_run: Callable[[], ServedRun],
        version: Callable[[], str],
    ) -> None:
        self._make, self._open, self._version_of = make, open_run, version
        self._version = version()
        self.run = open_run()
        self._application = make(self.run)
        self._asked = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if time.monotonic() - self._asked > _EVERY_S and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._asked = time.monotonic()
                self._lock.release()
        return self._application(environ, start_response)

    def _look(self) -> None:
        try:
            version = self._version_of()
            if version != self._version:
                self._version = version
                self.run = self._open()
                self._application = self._make(self.run)
                _LOG.warning("run %s is served from now on", self.run.run_id)
        except (GeoReeError, OSError) as error:
            _LOG.warning("run %s is served further: %s", self.run.run_id, error)

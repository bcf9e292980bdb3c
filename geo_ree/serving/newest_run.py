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
    While a run cannot be opened, the log names it once, the one before is served further, and the
    new one is tried again.
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
        self._trouble = ""
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
            if version == self._version:
                self._trouble = ""
                return
            run = self._open()
            application = self._make(run)
        except Exception as error:  # noqa: BLE001 (the service outlives whatever is wrong with a run)
            known = isinstance(error, GeoReeError | OSError)
            trouble = str(error) if known else type(error).__name__
            if trouble != self._trouble:
                _LOG.warning("run %s is served further: %s", self.run.run_id, trouble)
                _LOG.debug("what was raised", exc_info=error)
            self._trouble = trouble
            return
        self._version, self.run, self._application = version, run, application
        self._trouble = ""
        _LOG.warning("run %s is served from now on", run.run_id)

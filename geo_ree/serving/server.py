"""The web server: waitress, bounded in threads and connections, with a deadline for each request."""

from __future__ import annotations

import errno
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from geo_ree.errors import SettingsError
from geo_ree.serving.run_providers import THREADS

_IDLE_S = 60
_REQUEST_S = 30
_CONNECTIONS = 1000
_WHOLE_REQUEST_BYTES = 65536


class _Channel(HTTPChannel):
    """A connection that knows since when it waits for the rest of a request."""

    begun: float | None = None

    def received(self, data: bytes) -> bool:
        """Take what a client sent."""
        taken = super().received(data)
        self.begun = None if self.request is None else self.begun or time.time()
        return bool(taken)


class _Server(TcpWSGIServer):
    """Closes connections whose request does not become whole in time."""

    channel_class = _Channel

    def maintenance(self, now: float) -> None:
        """Close what is idle, and what sends a request too slowly."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.begun is not None and channel.begun < now - _REQUEST_S:
                channel.will_close = True


@contextmanager
def listening(application: Any, host: str, port: int) -> Iterator[tuple[int, Callable[[], None]]]:
    """Listen on a port, and give its number and the function that answers until a signal ends it.

    Requests are read by one loop for all connections; only whole ones reach the threads, and
    answers are sent by the loop again: a slow client holds up nobody.

    Raises
    ------
    SettingsError
        When the port is in use or not allowed, or the host is none of this computer's.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    taken = _listen(host, port)
    try:
        settings = Adjustments(
            sockets=[taken],
            threads=THREADS,
            connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_S,
            cleanup_interval=5,
            max_request_header_size=_WHOLE_REQUEST_BYTES,
            max_request_body_size=_WHOLE_REQUEST_BYTES,
            asyncore_use_poll=True,
            ident=None,
        )
        server = _Server(application, adj=settings, _sock=taken, bind_socket=False)
    except BaseException:
        taken.close()
        raise
    try:
        yield int(server.effective_port), lambda: _answer(server)
    finally:
        server.task_dispatcher.shutdown(timeout=2)
        server.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        raise _refused(error, host, port) from error


def _answer(server: _Server) -> None:
    server.asyncore.loop(timeout=1, map=server._map, use_poll=True)


def _refused(error: Exception, host: str, port: int) -> SettingsError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return SettingsError(f"port {port} of {host} is in use", "give another --port")
    if number == errno.EACCES:
        return SettingsError(
            f"port {port} needs the rights of an administrator", "give a --port above 1023"
        )
    return SettingsError(f"cannot listen on {host} ({error})", "give an address of this computer")

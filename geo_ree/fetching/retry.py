"""Politeness: how often a host is asked, and how long to wait before asking again."""

from __future__ import annotations

import html
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import HTTPError, NameResolutionError

from geo_ree.errors import FetchError
from geo_ree.settings import Settings

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


PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be others when the server is asked again."""

_READ = 4096
_SHOWN = 200
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_CERTIFICATE = re.compile(r"certificate verify failed: ([^()]+)")


class AbsentError(FetchError):
    """A file that the server does not have (HTTP 404 or 410)."""


class ForbiddenError(FetchError):
    """A file that the server refuses (HTTP 403); object stores answer so for one they lack."""


class SpoiltBodyError(Exception):
    """A body that is not the file: empty, a web page, another kind of file."""


class CutShortError(SpoiltBodyError):
    """A body that ended too early: what came of it is good."""


class PassingFaultError(Exception):
    """A fault that may be gone when the server is asked again.

    Parameters
    ----------
    error
        What to raise when it stays.
    wait_s
        Seconds that the server asks to wait.
    """

    def __init__(self, error: FetchError, wait_s: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


def hint_for_body(reason: str) -> str:
    """Say what to do about a body that stayed spoilt over all attempts.

    Examples
    --------
    >>> cure_of_body("an empty file came")
    'the network is poor or the server busy: try again later'
    """
    if "instead of the file" in reason:
        return (
            "open the address in a browser: it may ask to sign in; or give a mirror with --mirror"
        )
    if "kind of file" in reason:
        return "the publisher may have changed it: correct url in the catalogue entry"
    return "the network is poor or the server busy: try again later"


def status_error(answer: requests.Response, where: str, settings: Settings) -> FetchError:
    """Make the error for an answer with another status than expected, and its hint.

    Examples
    --------
    >>> answer = requests.Response()
    >>> answer.status_code = 404
    >>> str(status_error(answer, "usgs_ree: https://example.org/a.zip", Settings()))
    'usgs_ree: https://example.org/a.zip: HTTP 404, there is no such file; the publisher may \
have moved it: correct url in the catalogue entry'
    """
    error = _status_error(answer, where, settings)
    said = said_by(answer)
    return type(error)(f"{error.what}, the server says: {said}", error.hint) if said else error


def _status_error(answer: requests.Response, where: str, settings: Settings) -> FetchError:
    status = answer.status_code
    said = f"{where}: HTTP {status}"
    host = "the mirror" if settings.mirror else "the publisher"
    if status in (401, 403):
        kind = ForbiddenError if status == 403 else FetchError
        return kind(
            f"{said}, access is refused",
            f"ask {host} for access, or open the address in a browser: "
            "it may ask to sign in or block this network",
        )
    if status in (404, 410):
        moved = (
            "the mirror lacks it: fetch without --mirror"
            if settings.mirror
            else ("the publisher may have moved it: correct url in the catalogue entry")
        )
        return AbsentError(f"{said}, there is no such file", moved)
    if status == 429:
        wait = asked_wait_s(answer.headers)
        asks = f", {host} asks to wait {wait:.0f} s" if wait else ""
        return FetchError(f"{said}, too many requests{asks}", "wait, then fetch again")
    if status in PASSING_STATUSES or status >= 500:
        return FetchError(f"{said}, {host} is out of order", "fetch again later")
    return FetchError(f"{said}, expected 200", "correct url in the catalogue entry")


def said_by(answer: requests.Response) -> str:
    """Give the beginning of the text that an error came with, in one line; blank for a web page.

    Parameters
    ----------
    answer
        Its body is read, as far as it is needed.

    Returns
    -------
    str
        At most 200 characters, without the tags of XML.

    Examples
    --------
    >>> import io
    >>> from urllib3 import HTTPResponse
    >>> answer = requests.Response()
    >>> answer.raw = HTTPResponse(io.BytesIO(b"<Exception><Text>no layer x</Text></Exception>"),
    ...                           preload_content=False)
    >>> said_by(answer)
    'no layer x'
    """
    try:
        body = answer.raw.read1(_READ, decode_content=True) if answer.raw is not None else b""
    except (HTTPError, OSError):
        return ""  # the status alone has to do
    kind = answer.headers.get("Content-Type", "text/plain").lower()
    binary = b"\0" in body or not any(word in kind for word in ("text", "xml", "json"))
    if binary or "html" in kind or _PAGE.search(body):
        return ""
    text = html.unescape(_TAG.sub(" ", body.decode("utf-8", "replace")))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


@contextmanager
def explained(where: str, settings: Settings) -> Iterator[None]:
    """Turn whatever a connection raises into an error of one line.

    Raises
    ------
    PassingFaultError
        For what may be gone in a moment: a refused connection, a timeout, an unknown host.
    FetchError
        For what will stay, like a certificate that cannot be trusted.

    Examples
    --------
    >>> with explained("usgs_ree: https://example.org", Settings()):
    ...     raise requests.exceptions.InvalidURL("odd")
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree: https://example.org: the request failed (odd); check the \
address
    """
    other = "check the network" + (" and --mirror" if settings.mirror else ", or give a --mirror")
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _secure_error(error, where) from error
    except requests.exceptions.ProxyError as error:
        fault = FetchError(f"{where}: the proxy does not answer", "check HTTPS_PROXY")
        raise PassingFaultError(fault) from error
    except requests.exceptions.ConnectTimeout as error:
        waited = f"no connection within {settings.connect_timeout_s:g} s"
        raise PassingFaultError(FetchError(f"{where}: {waited}", other)) from error
    except requests.exceptions.Timeout as error:
        waited = f"no answer within {settings.read_timeout_s:g} s"
        raise PassingFaultError(FetchError(f"{where}: {waited}", other)) from error
    except requests.exceptions.ConnectionError as error:
        unknown = isinstance(getattr(error.args[0], "reason", None), NameResolutionError)
        why = "the host is not known (DNS)" if unknown else "the connection was refused or broke"
        raise PassingFaultError(FetchError(f"{where}: {why}", other)) from error
    except requests.exceptions.RequestException as error:
        line = " ".join(str(error).split())
        raise FetchError(f"{where}: the request failed ({line})", "check the address") from error
    except OSError as error:
        if "CA certificate" not in str(error):
            raise
        raise FetchError(
            f"{where}: the file of certificates is not there ({error})",
            "correct REQUESTS_CA_BUNDLE",
        ) from error


def _secure_error(error: Exception, where: str) -> Exception:
    """Tell a certificate that cannot be trusted, and why, from a connection that broke."""
    found = _CERTIFICATE.search(str(error))
    if found is None:
        fault = "no encrypted connection could be made"
        return PassingFaultError(FetchError(f"{where}: {fault}", "try again later"))
    why = found[1].strip()
    if "expired" in why or "not yet valid" in why:
        hint = "check the clock of this computer; if it is right, only the publisher can renew it"
    elif "match" in why or "not valid for" in why:
        hint = "check the address, and whether this network asks to sign in"
    else:
        hint = (
            "certificates of your own network, or one that the publisher forgets to send, "
            "go into the file that REQUESTS_CA_BUNDLE names"
        )
    return FetchError(f"{where}: the server's certificate cannot be trusted ({why})", hint)

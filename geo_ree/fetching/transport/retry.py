"""Politeness to a host, waiting times, and the one-line errors of HTTP and of connections."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import HTTPError, NameResolutionError

from geo_ree.errors import FetchError
from geo_ree.fetching.transport.patience import SlowStepError, body_patience
from geo_ree.settings import Settings

MOST_AT_ONCE = 2
"""Requests to one host that may be under way at the same time."""

TEMPORARY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
"""HTTP statuses that may be gone when the request is repeated."""

_SAID_BYTES = 4096
_SAID_LENGTH = 200
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_CERTIFICATE = re.compile(r"certificate verify failed: ([^()]+)")


class AbsentError(FetchError):
    """A file that the server does not have (HTTP 404 or 410)."""


class ForbiddenError(FetchError):
    """A file that the server refuses (HTTP 403); object stores answer so for one they lack."""


_STATUS_ERRORS = {403: ForbiddenError, 404: AbsentError, 410: AbsentError}


class TemporaryError(FetchError):
    """A failure that may be gone when the request is repeated, after `wait_s` seconds at least."""

    def __init__(self, what: str, hint: str, wait_s: float = 0.0) -> None:
        super().__init__(what, hint)
        self.wait_s = wait_s


@dataclass
class _Host:
    places: threading.BoundedSemaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    busy_until: float = float("-inf")


class Throttle:
    """Limits how many requests to one host are under way, and how quickly they follow each other.

    Parameters
    ----------
    most
        Requests to one host that may be under way at the same time, in all threads together.
    """

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str, pause_s: float) -> Iterator[None]:
        """Wait for a turn at a host, and hold a place while the block runs.

        At least `pause_s` seconds pass since the last request to it started or ended. Turns are
        given in the order of the calls, so that no thread starves.
        """
        with self._lock:
            place = self._hosts.setdefault(host, _Host(threading.BoundedSemaphore(self._most)))
        with place.places:
            with place.lock:
                start = max(time.monotonic(), place.busy_until + pause_s)
                place.busy_until = start
            time.sleep(max(0.0, start - time.monotonic()))
            try:
                yield
            finally:
                with place.lock:
                    place.busy_until = max(place.busy_until, time.monotonic())


def whole_number(text: str) -> int | None:
    """Return a number that a header states in digits, at most 10**18; None if it is none.

    Examples
    --------
    >>> whole_number("60"), whole_number("-1"), whole_number("9" * 5000) == 10**18
    (60, None, True)
    """
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) <= 18 else 10**18


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks to wait with Retry-After; 0 if it does not.

    A date is compared with the server's own clock, its header Date: clocks of computers differ.

    Examples
    --------
    >>> retry_after_s({"Retry-After": "Sun, 01 Feb 2026 00:01:00 GMT",
    ...                "Date": "Sun, 01 Feb 2026 00:00:00 GMT"})
    60.0
    """
    text = headers.get("Retry-After", "").strip()
    seconds = whole_number(text)
    if seconds is not None:
        return float(seconds)
    until = _parse_date(text)
    if until is None:
        return 0.0
    now = _parse_date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _parse_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # a year of 20 digits, say
        return None


def status_error(answer: requests.Response, where: str, settings: Settings) -> FetchError:
    """Make the error for an HTTP status, with what the server says about it and a hint.

    Examples
    --------
    >>> answer = requests.Response()
    >>> answer.status_code = 404
    >>> str(status_error(answer, "usgs_ree: https://example.org/a.zip", Settings()))
    'usgs_ree: https://example.org/a.zip: HTTP 404, there is no such file; the publisher may \
have moved it: correct url in the catalogue entry'
    """
    status = answer.status_code
    host = "the mirror" if settings.mirror else "the publisher"
    why, hint = "expected 200", "correct url in the catalogue entry"
    if status in (401, 403):
        why = "access is refused"
        hint = (
            f"ask {host} for access, or open the address in a browser: "
            "it may ask to sign in or block this network"
        )
    elif status in (404, 410):
        why = "there is no such file"
        hint = f"the publisher may have moved it: {hint}"
        if settings.mirror:
            hint = "the mirror lacks it: fetch without --mirror"
    elif status == 429:
        wait_s = retry_after_s(answer.headers)
        why = "too many requests" + (f", {host} asks to wait {wait_s:.0f} s" if wait_s else "")
        hint = "wait, then fetch again"
    elif status in TEMPORARY_STATUSES or status >= 500:
        why, hint = f"{host} is out of order", "fetch again later"
    said = _said_by(answer)
    what = f"{where}: HTTP {status}, {why}" + (f", the server says: {said}" if said else "")
    if status in TEMPORARY_STATUSES:
        return TemporaryError(what, hint, retry_after_s(answer.headers))
    return _STATUS_ERRORS.get(status, FetchError)(what, hint)


def _said_by(answer: requests.Response) -> str:
    """Return the start of an error's body as one line without tags; blank for a web page."""
    if answer.raw is None or "Content-Encoding" in answer.headers:
        return ""
    try:
        with body_patience(answer.raw):
            body = answer.raw.read1(_SAID_BYTES, decode_content=False)
    except (HTTPError, OSError):
        return ""
    kind = answer.headers.get("Content-Type", "text/plain").lower()
    binary = b"\0" in body or not any(word in kind for word in ("text", "xml", "json"))
    if binary or "html" in kind or _PAGE.search(body):
        return ""
    text = html.unescape(_TAG.sub(" ", body.decode("utf-8", "replace")))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SAID_LENGTH else f"{line[:_SAID_LENGTH]}…"


@contextmanager
def connection_errors(where: str, settings: Settings) -> Iterator[None]:
    """Turn whatever a connection raises into a FetchError of one line.

    It is a TemporaryError if repeating the request may help: a refused connection, a timeout, an
    unknown host. A certificate that cannot be trusted stays so.
    """
    check = "check the network" + (" and --mirror" if settings.mirror else ", or give a --mirror")
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _tls_error(error, where) from error
    except requests.exceptions.ProxyError as error:
        raise TemporaryError(f"{where}: the proxy does not answer", "check HTTPS_PROXY") from error
    except requests.exceptions.ConnectTimeout as error:
        why = f"no connection within {settings.connect_timeout_s:g} s"
        raise TemporaryError(f"{where}: {why}", check) from error
    except requests.exceptions.Timeout as error:
        slow = error.args[0] if error.args else None
        why = f"no answer within {settings.read_timeout_s:g} s"
        if isinstance(slow, SlowStepError):
            why = f"the answer came byte by byte, and was not whole within {slow.limit_s:g} s"
        raise TemporaryError(f"{where}: {why}", check) from error
    except requests.exceptions.ConnectionError as error:
        unknown = isinstance(getattr(error.args[0], "reason", None), NameResolutionError)
        why = "the host is not known (DNS)" if unknown else "the connection was refused or broke"
        raise TemporaryError(f"{where}: {why}", check) from error
    except requests.exceptions.RequestException as error:
        line = " ".join(str(error).split())
        raise FetchError(f"{where}: the request failed ({line})", "check the address") from error
    except OSError as error:
        if "CA certificate" not in str(error):
            raise
        raise FetchError(
            f"{where}: the file of certificates does not exist ({error})",
            "correct REQUESTS_CA_BUNDLE",
        ) from error


def _tls_error(error: Exception, where: str) -> FetchError:
    """Distinguish a certificate that cannot be trusted, and why, from a connection that broke."""
    found = _CERTIFICATE.search(str(error))
    if found is None:
        return TemporaryError(f"{where}: no encrypted connection could be made", "try again later")
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

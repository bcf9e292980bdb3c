"""What can go wrong between us and a server, each in one line with its cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import NameResolutionError

from geo_ree.errors import FetchError
from geo_ree.settings import Settings


def cure_of_body(reason: str) -> str:
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
    """Make the error for an answer whose status is not 200, with the cure for that status.

    Examples
    --------
    >>> answer = requests.Response()
    >>> answer.status_code = 404
    >>> str(status_error(answer, "usgs_ree: https://example.org/a.zip", Settings()))
    'usgs_ree: https://example.org/a.zip: HTTP 404, there is no such file; the publisher may \
have moved it: correct url in the catalogue entry'
    """
    status = answer.status_code
    said = f"{where}: HTTP {status}"
    host = "the mirror" if settings.mirror else "the publisher"
    if status in (401, 403):
        return FetchError(
            f"{said}, access is refused",
            f"ask {host} for access, or open the address in a browser: "
            "it may ask to sign in or block this network",
        )
    if status in (404, 410):
        moved = "the mirror lacks it: fetch without --mirror" if settings.mirror else (
            "the publisher may have moved it: correct url in the catalogue entry"
        )  # fmt: skip
        return FetchError(f"{said}, there is no such file", moved)
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        asks = f", {host} asks to wait {wait} s" if wait.isdigit() else ""
        return FetchError(f"{said}, too many requests{asks}", "wait, then fetch again")
    if status >= 500:
        return FetchError(f"{said}, {host} is out of order", "fetch again later")
    return FetchError(f"{said}, expected 200", "correct url in the catalogue entry")


@contextmanager
def explained(where: str, settings: Settings) -> Iterator[None]:
    """Turn whatever a connection raises into a FetchError of one line.

    Examples
    --------
    >>> with explained("usgs_ree: https://example.org", Settings()):
    ...     raise requests.exceptions.TooManyRedirects
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree: https://example.org: it redirects without end; check \
the address
    """
    other = "check the network" + (" and --mirror" if settings.mirror else ", or give a --mirror")
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise FetchError(
            f"{where}: the server's certificate cannot be trusted",
            "check the clock; a company's own certificates go into REQUESTS_CA_BUNDLE",
        ) from error
    except requests.exceptions.ProxyError as error:
        raise FetchError(f"{where}: the proxy does not answer", "check HTTPS_PROXY") from error
    except requests.exceptions.Timeout as error:
        waited = f"{settings.connect_timeout_s:g} s for a connection, {settings.read_timeout_s:g} s"
        raise FetchError(f"{where}: no answer ({waited} for data)", other) from error
    except requests.exceptions.ConnectionError as error:
        unknown = isinstance(getattr(error.args[0], "reason", None), NameResolutionError)
        fault = "the host is not known (DNS)" if unknown else "the connection was refused or broke"
        if "Read timed out" in str(error):
            fault = f"no answer within {settings.read_timeout_s:g} s"
        raise FetchError(f"{where}: {fault}", other) from error
    except requests.exceptions.TooManyRedirects as error:
        raise FetchError(f"{where}: it redirects without end", "check the address") from error
    except requests.exceptions.RequestException as error:
        line = " ".join(str(error).split())
        raise FetchError(f"{where}: the request failed ({line})", "check the address") from error

"""Who asks, whom, and whether that is allowed: the session, the mirror and the hosts."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

import requests

from geo_ree.errors import FetchError, SettingsError
from geo_ree.settings import Settings


class _Session(requests.Session):
    """A session that leaves redirects alone: requests would read them whole, and the next one."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


def open_session(settings: Settings) -> requests.Session:
    """Make the one kind of session that geo_ree uses.

    Parameters
    ----------
    settings
        The user agent is taken from them.

    Returns
    -------
    requests.Session
        Certificates are always verified, against those in ``REQUESTS_CA_BUNDLE`` where that is
        set; nothing in geo_ree switches it off.

    Examples
    --------
    >>> open_session(Settings(user_agent="me")).headers["User-Agent"]
    'me'
    """
    session = _Session()
    # identity: length, hash and ranges are then those of the file itself
    session.headers.update({"User-Agent": settings.user_agent, "Accept-Encoding": "identity"})
    return session


def mirrored(url: str, settings: Settings) -> str:
    """Give the address that is really asked: the publisher's, or that of the mirror.

    Parameters
    ----------
    url
        The publisher's address; one that already leads to the mirror stays as it is.
    settings
        With ``mirror`` set, ``https://host/path`` becomes ``<mirror>/host/path``.

    Returns
    -------
    str

    Raises
    ------
    SettingsError
        When the mirror is not an http or https address, or has a query.

    Examples
    --------
    >>> mirrored("https://example.org/a/b.zip?x=1", Settings(mirror="http://127.0.0.1:8765"))
    'http://127.0.0.1:8765/example.org/a/b.zip?x=1'
    """
    if not settings.mirror:
        return url
    check_mirror(settings)
    if is_at_mirror(url, settings):
        return url
    parts = _parts(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.mirror.rstrip('/')}/{parts.netloc.rpartition('@')[2]}{parts.path}{query}"


def check_mirror(settings: Settings) -> None:
    """Refuse a mirror that cannot be asked.

    Raises
    ------
    SettingsError
        When it is not an http or https address, or has a query.

    Examples
    --------
    >>> check_mirror(Settings(mirror="http://127.0.0.1:8765"))
    """
    base = _parts(settings.mirror or "https://none.example")
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment:
        raise SettingsError(
            f"the mirror {settings.mirror!r} is no web address",
            "give it like http://mirror.example:8765, with --mirror or GEO_REE_MIRROR",
        )


def is_at_mirror(url: str, settings: Settings) -> bool:
    """Tell whether an address leads to the mirror itself.

    Examples
    --------
    >>> is_at_mirror("http://m:8765/a.org/b", Settings(mirror="http://m:8765"))
    True
    """
    mirror, parts = _parts(settings.mirror or ""), _parts(url)
    return bool(mirror.netloc) and (parts.scheme, parts.netloc) == (mirror.scheme, mirror.netloc)


def check_address(
    url: str, settings: Settings, *, what: str = "", hosts: frozenset[str] = frozenset()
) -> None:
    """Refuse an address that may not be asked.

    Parameters
    ----------
    url
        The publisher's address, from the catalogue or given by upstream.
    settings
        The mirror may always be asked; nobody may be when they say ``offline``.
    what
        Id of the source, for the error.
    hosts
        Hosts that may be asked; empty for any.

    Raises
    ------
    FetchError
        When the network may not be used, the host is not one of those, or the address is
        neither https, nor on this machine, nor asked through a mirror.

    Examples
    --------
    >>> check_address("http://example.org/a", Settings(), what="x")
    Traceback (most recent call last):
    geo_ree.errors.FetchError: x: http://example.org/a is not asked, for the connection would not \
be encrypted; give its https address
    """
    start = f"{what}: {url}" if what else url
    if settings.offline:
        raise FetchError(
            f"{start} is not asked, for geo_ree works offline",
            "leave out --offline, or hand over the file with --file",
        )
    if is_at_mirror(url, settings):
        return
    parts = _parts(url)
    host = parts.hostname or ""
    # parsers differ about where a host with such characters ends
    odd = any(c < " " or c == "\x7f" for c in url) or any(c in " \\" for c in parts.netloc)
    if parts.scheme not in ("http", "https") or not host or odd:
        raise FetchError(f"{start} is no web address", "correct url in the catalogue entry")
    if hosts and host not in hosts:
        raise FetchError(
            f"{what}: upstream leads to {url}, and {host} is not one of {', '.join(sorted(hosts))}",
            "if that is right, add the host to reader.hosts in the catalogue entry",
        )
    if parts.scheme == "http" and not (settings.mirror or _is_loopback(host)):
        raise FetchError(
            f"{start} is not asked, for the connection would not be encrypted",
            "give its https address",
        )


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at only when it is asked for
    except ValueError:  # a broken IPv6 address or port
        return SplitResult("", "", "", "", "")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

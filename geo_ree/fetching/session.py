"""Passwords and keys of a catalogue entry: used in requests, never told to anybody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import SplitResult, quote, quote_plus, urlencode, urlsplit

import requests

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, GeoReeError, SettingsError
from geo_ree.settings import Settings

_PARAMETERS = frozenset({"token", "access_token", "key", "apikey", "api_key", "password"})
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_STARS = "***"
_SHORTEST = 4
"""Shorter values are no secrets, and hiding them would garble what is told."""


def secrets_of(source: Source, settings: Settings | None = None) -> tuple[str, ...]:
    """Give the values of an entry's query and headers that nobody else may read.

    Parameters
    ----------
    source
        Its catalogue entry: parameters and headers are known by their names.
    settings
        A mirror may have a password in its address.

    Returns
    -------
    tuple of str
        As they are and as they stand in an address, the longest first.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> entry = load_catalog()["usgs_ree"]
    >>> reader = entry.reader.model_copy(update={"query": {"f": "json", "token": "made up"}})
    >>> secrets_of(entry.model_copy(update={"reader": reader}))
    ('made%20up', 'made up', 'made+up')
    """
    headers = source.reader.headers.items()
    hidden = [v for n, v in source.reader.query.items() if n.lower() in _PARAMETERS]
    for value in (v for n, v in headers if n.lower() in _PARAMETERS | _HEADERS):
        hidden += [value, value.rpartition(" ")[2]]  # "Bearer x": x alone is one as well
    if settings is not None and settings.mirror:
        hidden.append(urlsplit(settings.mirror).password or "")
    forms = {f for v in hidden for f in (v, quote(v, safe=""), quote(v), quote_plus(v))}
    return tuple(sorted((f for f in forms if len(f) >= _SHORTEST), key=lambda f: (-len(f), f)))


def masked(text: str, secrets: Iterable[str]) -> str:
    """Give a text with stars for every secret in it.

    Examples
    --------
    >>> masked("https://example.org/a?token=made-up", ["made-up"])
    'https://example.org/a?token=***'
    """
    for secret in secrets:
        text = text.replace(secret, _STARS)
    return text


def told_query(query: Mapping[str, str]) -> str:
    """Give the parameters of a request as provenance keeps them.

    Examples
    --------
    >>> told_query({"f": "json", "token": "made-up"})
    'f=json&token=***'
    """
    told = {n: _STARS if n.lower() in _PARAMETERS else v for n, v in query.items()}
    return urlencode(told, safe=":/,*")


@contextmanager
def kept_secret(source: Source, settings: Settings | None = None) -> Iterator[None]:
    """Take the secrets of an entry, and of the mirror, out of whatever error the block raises.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> entry = load_catalog()["usgs_ree"]
    >>> reader = entry.reader.model_copy(update={"headers": {"Authorization": "Bearer made-up"}})
    >>> with kept_secret(entry.model_copy(update={"reader": reader})):
    ...     raise GeoReeError("the server says: made-up is no key")
    Traceback (most recent call last):
    geo_ree.errors.GeoReeError: the server says: *** is no key
    """
    try:
        yield
    except GeoReeError as error:
        secrets = secrets_of(source, settings)
        if masked(str(error), secrets) == str(error):
            raise
        # not chained: the traceback would tell what the line does not
        raise type(error)(masked(error.what, secrets), masked(error.hint, secrets)) from None


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

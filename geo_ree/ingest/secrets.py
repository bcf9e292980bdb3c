"""Passwords and keys of a catalogue entry: used in requests, never told to anybody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from geo_ree.catalog.source import Source
from geo_ree.errors import GeoReeError
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
    >>> from geo_ree.catalog import load_catalog
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
    >>> from geo_ree.catalog import load_catalog
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
        raise type(error)(masked(error.what, secrets), masked(error.cure, secrets)) from None

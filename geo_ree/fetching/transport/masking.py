"""Keys and passwords of sources, masked wherever geo_ree shows or keeps a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

from geo_ree.catalog.source import Source
from geo_ree.errors import GeoReeError
from geo_ree.safe_text import MASK, is_secret, mask_addresses
from geo_ree.settings import Settings
from geo_ree.storage.databases import is_database

_SHORTEST_SECRET = 4  # masking shorter values would garble the text around them


def secrets_of(source: Source, settings: Settings | None = None) -> tuple[str, ...]:
    """List the keys and passwords of a source and of the mirror, the longest first.

    Parameters of an address and headers are recognised by their names. Each value is listed as it
    is and as it appears in an address.
    """
    reader = source.reader
    hidden = [v for n, v in reader.query.items() if is_secret(n, v)]
    for value in (v for n, v in reader.headers.items() if is_secret(n, v)):
        hidden += [value, value.rpartition(" ")[2]]  # of "Bearer x", x alone is a secret, too
    for url in (source.url, source.landing_page, (settings and settings.mirror) or ""):
        hidden += _address_secrets(url)
    forms = {f for v in hidden for f in (v, quote(v, safe=""), quote(v), quote_plus(v))}
    return tuple(
        sorted((f for f in forms if len(f) >= _SHORTEST_SECRET), key=lambda f: (-len(f), f))
    )


def _address_secrets(url: str) -> list[str]:
    """List the password of an address, or its user where it has none, and its secret parameters.

    The user of a database is no secret.
    """
    with suppress(ValueError):  # a broken IPv6 address
        parts = urlsplit(url)
        alone = "" if is_database(url) else parts.username
        login = parts.password or alone or ""
        pairs = parse_qsl(parts.query)
        return [login, unquote(login), *(v for n, v in pairs if is_secret(n, v))]
    return []


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace every secret in a text with ``***``, and what looks like one in any address."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return mask_addresses(text)


def masked_values(value: Any, secrets: Iterable[str]) -> Any:
    """Mask the secrets in every text of nested lists and mappings."""
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        return {name: masked_values(one, secrets) for name, one in value.items()}
    return (
        [masked_values(one, secrets) for one in value] if isinstance(value, list | tuple) else value
    )


def masked_query(query: Mapping[str, str]) -> str:
    """Write the parameters of a request as provenance keeps them, without secrets.

    Examples
    --------
    >>> masked_query({"f": "json", "token": "made-up"})
    'f=json&token=***'
    """
    shown = {n: MASK if is_secret(n, v) else v for n, v in query.items()}
    return urlencode(shown, safe=":/,*")


@contextmanager
def masking_errors(source: Source, settings: Settings | None = None) -> Iterator[None]:
    """Mask the secrets of a source and of the mirror in every GeoReeError that the block raises."""
    try:
        yield
    except GeoReeError as error:
        secrets = secrets_of(source, settings)
        if masked(str(error), secrets) == str(error):
            raise
        error.what, error.hint = masked(error.what, secrets), masked(error.hint, secrets)
        error.args = (masked(str(error), secrets),)
        # not chained: the traceback would show what the message does not
        raise error from None

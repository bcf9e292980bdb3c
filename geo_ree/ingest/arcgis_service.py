"""Asking an ArcGIS server, which tells of errors inside HTTP 200."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.ingest.http import Client
from geo_ree.ingest.json_answers import ask, told_error
from geo_ree.ingest.secrets import masked, secrets_of

logger = logging.getLogger(__name__)

_ATTEMPTS = 4
_BACKOFF_S = 0.5
_LONGEST_QUERY = 1800
_BUSY = (429, 500, 502, 503, 504)
_CLOSED = (401, 403, 498, 499)


class RefusedError(FetchError):
    """The service answered with an error of its own.

    Parameters
    ----------
    code
        The error's number, like that of an HTTP status; 0 where it gives none.
    """

    def __init__(self, what: str, cure: str, *, code: int = 0) -> None:
        super().__init__(what, cure)
        self.code = code

    @property
    def closed(self) -> bool:
        """Whether it wants somebody to sign in."""
        return self.code in _CLOSED


def ask_service(
    url: str, params: Mapping[str, str], source: Source, client: Client
) -> tuple[bytes, dict[str, Any]]:
    """Ask an ArcGIS server, again while it says that it is busy.

    Parameters
    ----------
    url
        Of a service, a layer, or its query.
    params
        Added to those of the catalogue entry; sent as a form where they are long.
    source
        The catalogue entry.
    client
        Makes the request.

    Returns
    -------
    tuple of bytes and dict
        The answer as it came, and what it says.

    Raises
    ------
    FetchError
        When there is no answer in JSON.
    RefusedError
        When the answer, whatever its HTTP status, is an error of the service.
    """
    full = {**source.reader.query, **params}
    form = urlencode(full)
    headers = dict(source.reader.headers)
    error: dict[str, Any] = {}
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_BACKOFF_S * 2 ** (attempt - 1))
        if len(form) > _LONGEST_QUERY:  # longer addresses are cut or refused on the way
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            body, answer = ask(client, url, data=form, headers={**headers, **kind})
        else:
            body, answer = ask(client, url, params=full, headers=headers)
        if not isinstance(answer.get("error"), dict):
            return body, answer
        error = answer["error"]
        if _code(error) not in _BUSY:
            break
        logger.warning("%s: %s: %s", source.id, url,
                       masked(told_error(error), secrets_of(source)))  # fmt: skip
    raise _refusal(error, f"{source.id}: {url}", source)


def _code(error: Mapping[str, Any]) -> int:
    code = str(error.get("code", ""))
    return int(code) if code.isdigit() else 0


def _refusal(error: Mapping[str, Any], where: str, source: Source) -> RefusedError:
    what = f"{where}: the service says {told_error(error)}"
    code = _code(error)
    if code in _CLOSED:
        page = f" ({source.landing_page})" if source.landing_page else ""
        cure = f"it is open only to those who sign in: ask the publisher for a copy{page}, then "
        cure += f"geo-ree fetch {source.id} --file PATH"
    elif code in _BUSY:
        cure = "fetch again later, or with a smaller reader.page_size in the catalogue entry"
    else:
        cure = "check url and reader.where in the catalogue entry"
    return RefusedError(what, cure, code=code)

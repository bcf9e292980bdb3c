"""One request and its answer: in its turn, through the mirror, along redirects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from geo_ree.errors import FetchError
from geo_ree.fetching.retry import CutShortError, Throttle, explained
from geo_ree.fetching.session import check_address, mirrored, open_session
from geo_ree.settings import Settings

MOST_REDIRECTS = 5
"""Redirects that are followed for one request."""

_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 1 << 16

# all clients of the process share it: a host counts requests, not threads
_THROTTLE = Throttle()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request.

    Parameters
    ----------
    url
        The address that is asked: that of the mirror, where there is one.
    where
        Source and address, as errors begin.
    data
        Body of a POST; blank for a GET.
    headers
        For the host of `url` only: another one has no business with them.
    extra
        Headers for whoever answers in the end.
    """

    url: str
    where: str
    data: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Host and port that are asked."""
        return urlsplit(self.url).netloc

    def header(self, name: str) -> str:
        """Give a header of `headers`, whatever its case; blank when it is not there."""
        return next((v for n, v in self.headers.items() if n.lower() == name.lower()), "")


class Exchange:
    """Asks hosts that may be asked, and follows them where they lead.

    Parameters
    ----------
    settings
        Mirror, timeouts, user agent, whether the network may be used at all.
    source_id
        Id of the source, for errors.
    hosts
        Hosts that may be asked; empty for any.
    pause_s
        Seconds to leave between two requests to one host.
    throttle
        Shared by all threads.
    secrets
        Texts that are kept out of the log.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        source_id: str = "",
        hosts: frozenset[str] = frozenset(),
        pause_s: float = 0.0,
        throttle: Throttle = _THROTTLE,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.settings = settings
        self.source_id = source_id
        self.hosts = hosts
        self.pause_s = pause_s
        self.throttle = throttle
        self.secrets = secrets
        self.session = open_session(settings)

    def allow(self, url: str) -> None:
        """Refuse an address that may not be asked: see `check_address`."""
        check_address(url, self.settings, what=self.source_id, hosts=self.hosts)

    @contextmanager
    def answer(self, ask: Ask) -> Iterator[requests.Response]:
        """Ask, and give the answer that is no redirect, its body yet to be read.

        Raises
        ------
        PassingFaultError
            When there was no answer, but there may be one in a moment.
        FetchError
            When there will be none, or a redirect leads where geo_ree does not go.
        """
        for _ in range(MOST_REDIRECTS + 1):
            with self.throttle.turn(ask.host, self.pause_s), self._sent(ask) as answer:
                if answer.status_code not in _REDIRECTS or "Location" not in answer.headers:
                    yield answer
                    return
            ask = self._redirected(ask, answer)
        raise FetchError(
            f"{ask.where}: it redirects without end ({MOST_REDIRECTS} redirects were followed)",
            "check the address in a browser",
        )

    @contextmanager
    def _sent(self, ask: Ask) -> Iterator[requests.Response]:
        settings = self.settings
        with explained(ask.where, settings):
            answer = self.session.request(
                "POST" if ask.data else "GET",
                ask.url,
                data=ask.data.encode() or None,
                headers={**ask.headers, **ask.extra},
                stream=True,
                allow_redirects=False,
                timeout=(settings.connect_timeout_s, settings.read_timeout_s),
            )
        with answer:
            yield answer

    def _redirected(self, ask: Ask, answer: requests.Response) -> Ask:
        try:
            goal = urljoin(ask.url, answer.headers["Location"])
        except ValueError:  # a broken IPv6 address, say
            goal = answer.headers["Location"]
        self.allow(goal)
        there = replace(ask, url=mirrored(goal, self.settings))
        if answer.status_code in (301, 302, 303) and ask.data:  # as browsers do
            kept = {n: v for n, v in ask.headers.items() if n.lower() != "content-type"}
            there = replace(there, data="", headers=kept)
        return there if there.host == ask.host else replace(there, headers={})


def chunks(answer: requests.Response) -> Iterator[bytes]:
    """Give the body of an answer piece by piece, each as soon as it is there.

    Raises
    ------
    CutShortError
        When the connection breaks or the server falls silent before the end.
    """
    try:
        while piece := answer.raw.read1(_CHUNK, decode_content=True):
            yield piece
    except HTTPError as error:
        silent = "timed out" in str(error)
        why = "the server fell silent" if silent else "the connection broke"
        raise CutShortError(f"the file was cut short, {why}") from error

"""Requests to addresses that are allowed, through the mirror."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from geo_ree.errors import FetchError, SettingsError
from geo_ree.fetching.transport.patience import PatientAdapter
from geo_ree.fetching.transport.retry import Throttle, connection_errors
from geo_ree.settings import Settings

MOST_REDIRECTS = 5
"""Redirects that are followed for one request."""

_PLAIN = ("accept", "content-type", "range")  # of our headers, none holds a key
_REDIRECTS = (301, 302, 303, 307, 308)

# shared by all sessions of the process: a host counts requests, not threads
_THROTTLE = Throttle()


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One request over HTTP, and what may be accepted as its answer.

    `headers` are for the host of `url` only (another one gets those in `_PLAIN`), `conditions` for
    whoever answers in the end. `where` is the start of every error: the source and the address.
    """

    url: str
    where: str
    data: str
    headers: CaseInsensitiveDict[str]
    most_bytes: int
    too_big: str
    magic: tuple[bytes, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)

    @property
    def part(self) -> bool:
        """Whether only a part of the file is requested."""
        return "Range" in self.headers

    @property
    def page(self) -> bool:
        """Whether a web page is accepted."""
        return "text/html" in self.headers.get("Accept", "")

    def check_size(self, size: int) -> None:
        """Raise a FetchError if an answer of so many bytes is not accepted."""
        if size > self.most_bytes:
            raise FetchError(
                f"{self.where}: the file has {size} bytes or more, "
                f"at most {self.most_bytes} are accepted",
                self.too_big,
            )


class Session(requests.Session):
    """Sends the requests of one source, only to addresses that are allowed.

    Certificates are always verified, against ``REQUESTS_CA_BUNDLE`` if that is set. Bodies are
    requested without compression, so that sizes, hashes and ranges are those of the file. `hosts`
    are those that may be requested, empty for any; `pause_s` seconds pass between two requests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        source_id: str = "",
        hosts: frozenset[str] = frozenset(),
        pause_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.source_id = source_id
        self.hosts = hosts
        self.pause_s = pause_s
        self.headers.update({"User-Agent": settings.user_agent, "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            self.mount(scheme, PatientAdapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Keep requests from following a redirect: it would read its whole body first."""
        return None

    def allow(self, url: str) -> None:
        """Raise a FetchError if an address may not be requested, see `check_address`."""
        check_address(url, self.settings, source_id=self.source_id, hosts=self.hosts)

    @contextmanager
    def answer(
        self, request: HttpRequest, conditions: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Send a request and follow its redirects; the body of the answer is yet to be read.

        Each redirect is checked, goes through the mirror and takes its turn like any request.
        """
        for _ in range(MOST_REDIRECTS + 1):
            with _THROTTLE.turn(urlsplit(request.url).netloc, self.pause_s):
                with connection_errors(request.where, self.settings):
                    answer = self.request(
                        "POST" if request.data else "GET",
                        request.url,
                        data=request.data.encode() or None,
                        headers={**request.headers, **conditions},
                        stream=True,
                        allow_redirects=False,
                        timeout=(self.settings.connect_timeout_s, self.settings.read_timeout_s),
                    )
                with answer:
                    if answer.status_code not in _REDIRECTS or "Location" not in answer.headers:
                        yield answer
                        return
            request = self._redirected(request, answer)
        raise FetchError(
            f"{request.where}: it redirects without end ({MOST_REDIRECTS} redirects were followed)",
            "check the address in a browser",
        )

    def _redirected(self, request: HttpRequest, answer: requests.Response) -> HttpRequest:
        goal = join_address(request.url, answer.headers["Location"])
        self.allow(goal)
        url, data, headers = mirrored(goal, self.settings), request.data, request.headers.copy()
        if answer.status_code in (301, 302, 303) and data:  # a GET request follows, as in browsers
            data = ""
            headers.pop("Content-Type", None)
        there, here = (publishers_address(u, self.settings) for u in (url, request.url))
        if urlsplit(there).netloc != urlsplit(here).netloc:  # keys are for the first host only
            headers = CaseInsensitiveDict((n, v) for n, v in headers.items() if n.lower() in _PLAIN)
        return replace(request, url=url, data=data, headers=headers)


def join_address(base: str, link: object) -> str:
    """Give the address to which a link leads; the link itself if that is no address."""
    try:
        return urljoin(base, str(link))
    except ValueError:  # a broken IPv6 address, say
        return str(link)


def mirrored(url: str, settings: Settings) -> str:
    """Give the address to request for a publisher's address: itself, or its place on the mirror.

    Raises a SettingsError if the mirror is not a web address.

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
    parts = split_address(url)
    query = f"?{parts.query}" if parts.query else ""
    path = "/".join(_without_dots(parts.path))
    return f"{settings.mirror.rstrip('/')}/{parts.netloc.rpartition('@')[2]}{path}{query}"


def _without_dots(path: str) -> list[str]:
    """Split a path, and follow its steps upwards, which would lead to another host of a mirror."""
    out: list[str] = []
    for name in path.split("/"):
        if unquote(name) == "..":
            del out[max(1, len(out) - 1) :]
        elif unquote(name) != ".":
            out.append(name)
    return out


def publishers_address(url: str, settings: Settings) -> str:
    """Give the publisher's address of what is at an address of the mirror; other addresses stay.

    Blank for an address of the mirror that is no publisher's.

    Examples
    --------
    >>> publishers_address("http://m:1/example.org/a?x=1", Settings(mirror="http://m:1"))
    'https://example.org/a?x=1'
    """
    if not is_at_mirror(url, settings):
        return url
    parts, base = split_address(url), split_address(settings.mirror or "").path.rstrip("/")
    path = "/".join(_without_dots(parts.path))
    if not path.startswith(f"{base}/"):
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"https:/{path.removeprefix(base)}{query}"


def check_mirror(settings: Settings) -> None:
    """Raise a SettingsError if the mirror is not an http or https address, or has a query."""
    base = split_address(settings.mirror or "https://none.example")
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment:
        raise SettingsError(
            f"the mirror {settings.mirror!r} is not a web address",
            "give it like http://mirror.example:8765, with --mirror or GEO_REE_MIRROR",
        )


def is_at_mirror(url: str, settings: Settings) -> bool:
    """Return whether an address is on the mirror itself."""
    mirror, parts = split_address(settings.mirror or ""), split_address(url)
    return bool(mirror.netloc) and (parts.scheme, parts.netloc) == (mirror.scheme, mirror.netloc)


def check_address(
    url: str, settings: Settings, *, source_id: str = "", hosts: frozenset[str] = frozenset()
) -> None:
    """Raise a FetchError if an address may not be requested.

    Refused are: every address when `settings` say ``offline``, a host that is not one of `hosts`
    (empty allows any), and http unless the host is this machine or a mirror is used. On a mirror,
    the host is the one that the mirror stands for.

    Examples
    --------
    >>> check_address("http://example.org/a", Settings(), source_id="usgs_ree")
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree: http://example.org/a is not requested, because the \
connection would not be encrypted; give its https address
    """
    where = f"{source_id}: {url}" if source_id else url
    if settings.offline:
        raise FetchError(
            f"{where} is not requested, because geo_ree works offline",
            "leave out --offline, or provide the file with --file",
        )
    parts = split_address(publishers_address(url, settings))
    host = parts.hostname or ""
    # libraries disagree about where a host with such characters ends
    odd = any(c < " " or c == "\x7f" for c in url) or any(c in " \\" for c in parts.netloc)
    if parts.scheme not in ("http", "https") or not host or odd:
        raise FetchError(f"{where} is not a web address", "correct url in the catalogue entry")
    if hosts and host not in hosts:
        raise FetchError(
            f"{source_id}: the publisher leads to {url}, and {host} is not one of "
            f"{', '.join(sorted(hosts))}",
            "if that is right, add the host to reader.hosts in the catalogue entry",
        )
    if parts.scheme == "http" and not (settings.mirror or _is_loopback(host)):
        raise FetchError(
            f"{where} is not requested, because the connection would not be encrypted",
            "give its https address",
        )


def split_address(url: str) -> SplitResult:
    """Split an address; an invalid one has no scheme and no host."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when it is read
    except ValueError:  # a broken IPv6 address or port
        return SplitResult("", "", "", "", "")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

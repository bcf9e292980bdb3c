"""Requests that survive a bad network, or say in one line why they did not."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from geo_ree.errors import FetchError
from geo_ree.fetching.download import Download, OnBytes, Transfer, Wish
from geo_ree.fetching.exchange import Ask, Exchange
from geo_ree.fetching.retry import explained
from geo_ree.fetching.session import mirrored
from geo_ree.settings import Settings

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes of a zip archive, and of an empty one."""

__all__ = ["ZIP_MAGIC", "Client", "Download", "OnBytes"]


class Client:
    """The requests of one source: with its mirror, its patience, its limits and its hosts.

    It may be used by several threads. Nothing is held open but idle connections, which
    `close`, or the end of a ``with`` block, gives back.

    Parameters
    ----------
    settings
        Mirror, timeouts, size cap, user agent, whether the network may be used at all.
    what
        Id of the source, for errors.
    hosts
        Hosts that may be asked; empty for any.
    pause_s
        Seconds to leave between two requests to one host.
    on_bytes
        Told of the progress of downloads.
    at_hand
        Address of the snapshot at hand: only of a file from there can a server know whether it
        is unchanged; blank for any.
    secrets
        Texts that are kept out of the log.

    Examples
    --------
    >>> with Client(Settings(offline=True), what="usgs_ree") as client:
    ...     client.get("https://example.org/a.json")
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree: https://example.org/a.json is not asked, for geo_ree \
works offline; leave out --offline, or hand over the file with --file
    """

    def __init__(
        self,
        settings: Settings,
        *,
        what: str = "",
        hosts: frozenset[str] = frozenset(),
        pause_s: float = 0.0,
        on_bytes: OnBytes | None = None,
        at_hand: str = "",
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.settings = settings
        self.what = what
        self.hosts = hosts
        self.pause_s = pause_s
        self.on_bytes = on_bytes
        self.at_hand = at_hand
        self.secrets = secrets
        self._exchange = Exchange(
            settings, what=what, hosts=hosts, pause_s=pause_s, secrets=secrets
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._exchange.session.close()

    def allow(self, url: str) -> None:
        """Refuse an address that may not be asked: see `geo_ree.fetching.session.check_address`.

        Raises
        ------
        FetchError
            When geo_ree works offline, the host is not one of the source's, or the connection
            would not be encrypted.

        Examples
        --------
        >>> Client(Settings(), hosts=frozenset({"example.org"})).allow("https://example.org/a")
        """
        self._exchange.allow(url)

    def download(
        self,
        url: str,
        target: Path,
        *,
        magic: tuple[bytes, ...] = (),
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
        etag: str = "",
        last_modified: str = "",
    ) -> Download:
        """Download one file.

        What arrives is kept beside `target`, so that a download that broke off, even because
        the process ended, goes on where it was when the server allows it.

        Parameters
        ----------
        url
            The publisher's address; the mirror of the settings is asked instead of it.
        target
            The file to write, in a folder that exists. It appears when it is whole.
        magic
            What the file may begin with, whatever its name; empty for anything but a web page
            (and for a web page, too, where ``headers`` accept ``text/html``).
        params
            Added to the address as its query.
        data
            Sent as the body of a POST, in UTF-8; blank for a GET.
        headers
            Added to those of the session, for the first host that is asked.
        etag, last_modified
            Of a file at hand: the server may answer that it is unchanged.

        Returns
        -------
        Download

        Raises
        ------
        FetchError
            In one line, with source, address, what happened and the hint; `AbsentError` when
            the server has no such file.
        SettingsError
            When the mirror is no web address, or the file cannot be written.
        """
        ask = self._ask(url, params, data, headers)
        if self.at_hand not in ("", url):
            etag = last_modified = ""
        wish = Wish(
            magic=magic,
            page="text/html" in ask.header("Accept"),
            part=bool(ask.header("Range")),
            most_bytes=self.settings.max_download_bytes,
            etag=etag,
            last_modified=last_modified,
            too_big="check the address, or raise Settings.max_download_bytes",
        )
        return Transfer(self._exchange, ask, wish, target, self.on_bytes).run()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
        most_bytes: int = 64_000_000,
    ) -> bytes:
        """Ask for a small answer and give its bytes.

        Raises
        ------
        FetchError
            As for `download`, and when the answer has more than `most_bytes`.
        """
        ask = self._ask(url, params, data, headers)
        wish = Wish(
            page="text/html" in ask.header("Accept"),
            part=bool(ask.header("Range")),
            most_bytes=min(most_bytes, self.settings.max_download_bytes),
            too_big="check the address: no answer to this request should be so large",
        )
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            target = Path(folder) / "answer"
            Transfer(self._exchange, ask, wish, target, self.on_bytes).run()
            return target.read_bytes()

    def get_range(self, url: str, start: int, length: int) -> tuple[bytes, int]:
        """Download part of a file (HTTP Range).

        Parameters
        ----------
        url
            The publisher's address.
        start, length
            First byte, counted from 0, and number of bytes.

        Returns
        -------
        bytes, int
            The part, shorter where the file ends earlier, and the size of the whole file.

        Raises
        ------
        FetchError
            As for `get`, and when the server sends the whole file and that is larger.
        """
        ask = self._ask(url, None, "", {"Range": f"bytes={start}-{start + length - 1}"})
        wish = Wish(
            part=True,
            most_bytes=length,
            too_big="the server does not answer range requests: use a mirror that does, "
            "or provide the file with --file",
        )
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            target = Path(folder) / "part"
            download = Transfer(self._exchange, ask, wish, target, self.on_bytes).run()
            return target.read_bytes(), download.total

    def get_json(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask for a small answer in JSON.

        Raises
        ------
        FetchError
            As for `get`, and when the answer is no JSON.
        """
        body = self.get(url, params=params, data=data, headers=headers)
        try:
            return json.loads(body)
        except ValueError as error:
            start = " ".join(body[:80].decode("utf-8", "replace").split())
            raise FetchError(
                f"{self.what}: {url}: the answer is no JSON (it begins with {start!r})",
                "open the address in a browser; the publisher may have changed the service",
            ) from error

    def _ask(
        self,
        url: str,
        params: Mapping[str, str] | None,
        data: str,
        headers: Mapping[str, str] | None,
    ) -> Ask:
        self.allow(url)
        start = f"{self.what}: " if self.what else ""
        with explained(f"{start}{url}", self.settings):
            full = requests.Request("GET", url, params=dict(params or {})).prepare().url or url
        self.allow(full)
        asked = mirrored(full, self.settings)
        return Ask(url=asked, where=f"{start}{asked}", data=data, headers=dict(headers or {}))

"""Downloads that survive a bad network, or say in one line why they did not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.transport.masking import secrets_of
from geo_ree.fetching.transport.retry import connection_errors
from geo_ree.fetching.transport.session import HttpRequest, Session, mirrored
from geo_ree.fetching.transport.transfer import Download, OnBytes, transfer_file
from geo_ree.settings import Settings
from geo_ree.storage import scratch_folder

__all__ = ["ZIP_MAGIC", "Client", "Download", "OnBytes"]

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes of a zip archive, and of an empty one."""


@dataclass(eq=False)
class Client:
    """The requests of one source, with its mirror, its limits and its hosts.

    Several threads may use it. It holds no file open, only idle connections, which `close` or
    the end of a ``with`` block releases.

    Parameters
    ----------
    settings
        Mirror, timeouts, size limit, user agent, and whether the network may be used at all.
    source_id
        Id of the source, for errors.
    hosts
        Hosts that may be requested, also by a redirect; empty for any.
    pause_s
        Seconds between two requests to one host.
    on_bytes
        Called with the progress of downloads.
    previous_url
        Address of the snapshot in the data folder: only for a download from there can a server
        know whether it is unchanged. Blank for any.
    secrets
        Texts that are masked in the log.

    Examples
    --------
    >>> with Client(Settings(offline=True), source_id="usgs_ree") as client:
    ...     client.get("https://example.org/a.json")
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree: https://example.org/a.json is not requested, because \
geo_ree works offline; leave out --offline, or provide the file with --file
    """

    settings: Settings
    _: KW_ONLY
    source_id: str = ""
    hosts: frozenset[str] = frozenset()
    pause_s: float = 0.0
    on_bytes: OnBytes | None = None
    previous_url: str = ""
    secrets: tuple[str, ...] = ()

    @classmethod
    def for_source(
        cls,
        source: Source,
        settings: Settings,
        *,
        on_bytes: OnBytes | None = None,
        previous_url: str = "",
    ) -> Self:
        """Make the client that a catalogue entry describes: its hosts, its pause, its secrets."""
        return cls(
            settings,
            source_id=source.id,
            hosts=frozenset({urlsplit(source.url).hostname or "", *source.reader.hosts}),
            pause_s=source.reader.pause_s,
            on_bytes=on_bytes,
            previous_url=previous_url,
            secrets=secrets_of(source, settings),
        )

    def __post_init__(self) -> None:
        self._session = Session(
            self.settings, source_id=self.source_id, hosts=self.hosts, pause_s=self.pause_s
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def allow(self, url: str) -> None:
        """Raise a FetchError if an address may not be requested.

        See `geo_ree.fetching.transport.session.check_address`.
        """
        self._session.allow(url)

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
        """Download one file, and continue a download that was interrupted, even by a kill.

        Parameters
        ----------
        url
            The publisher's address; with a mirror in the settings, its place there is requested.
        target
            The file to write, in a folder that exists. It appears when it is whole; until then
            its bytes lie beside it.
        magic
            What the file may start with, whatever its name; empty for anything but a web page
            (and if ``headers`` accept ``text/html``, for a web page, too).
        params
            Added to the address as its query.
        data
            Body of a POST request, sent in UTF-8; blank for a GET request.
        headers
            Added to those of the session, for the first host only.
        etag, last_modified
            The known version: the server may answer that it is unchanged.

        Returns
        -------
        Download

        Raises
        ------
        FetchError
            In one line, with source, address, what happened and a hint; `AbsentError` if the
            server has no such file.
        SettingsError
            If the mirror is not a web address, or the file cannot be written.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        if self.previous_url not in ("", url):
            known = {}
        request = self._request(url, params, data, headers, magic=magic)
        return self._transfer(
            replace(request, conditions={name: value for name, value in known.items() if value}),
            target,
        )

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
        most_bytes: int = 64_000_000,
    ) -> bytes:
        """Download a small answer and return its bytes.

        The parameters and errors are those of `download`; an answer of more than `most_bytes` is
        an error, too.
        """
        request = self._request(
            url,
            params,
            data,
            headers,
            most_bytes=min(most_bytes, self.settings.max_download_bytes),
            too_big="check the address: no answer to this request should be so large",
        )
        return self._read(request)[0]

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
        request = self._request(
            url,
            None,
            "",
            {"Range": f"bytes={start}-{start + length - 1}"},
            most_bytes=length,
            too_big="the server does not answer range requests: use a mirror that does, "
            "or provide the file with --file",
        )
        body, download = self._read(request)
        return body, download.total

    def get_json(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Download a small answer in JSON; as `get`, and an answer that is not JSON is an error."""
        body = self.get(url, params=params, data=data, headers=headers)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            start = " ".join(body[:80].decode("utf-8", "replace").split())
            raise FetchError(
                f"{self.source_id}: {url}: the answer is no JSON (it begins with {start!r})",
                "open the address in a browser; the publisher may have changed the service",
            ) from error

    def _request(
        self,
        url: str,
        params: Mapping[str, str] | None,
        data: str,
        headers: Mapping[str, str] | None,
        *,
        magic: tuple[bytes, ...] = (),
        most_bytes: int | None = None,
        too_big: str = "check the address, or raise Settings.max_download_bytes",
    ) -> HttpRequest:
        self.allow(url)
        start = f"{self.source_id}: " if self.source_id else ""
        with connection_errors(f"{start}{url}", self.settings):
            full = requests.Request("GET", url, params=dict(params or {})).prepare().url or url
        self.allow(full)
        address = mirrored(full, self.settings)
        return HttpRequest(
            url=address,
            where=f"{start}{address}",
            data=data,
            headers=CaseInsensitiveDict(headers or {}),
            magic=magic,
            most_bytes=self.settings.max_download_bytes if most_bytes is None else most_bytes,
            too_big=too_big,
        )

    def _read(self, request: HttpRequest) -> tuple[bytes, Download]:
        with scratch_folder() as folder:
            target = folder / "answer"
            download = self._transfer(request, target)
            return target.read_bytes(), download

    def _transfer(self, request: HttpRequest, target: Path) -> Download:
        return transfer_file(self._session, request, target, self.secrets, self.on_bytes)

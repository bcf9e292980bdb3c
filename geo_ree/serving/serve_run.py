"""Open a run and serve it until a signal ends it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geo_ree.errors import SettingsError, import_extra
from geo_ree.safe_text import mask_addresses
from geo_ree.storage.databases import parse_address

if TYPE_CHECKING:
    from geo_ree.serving.application import Service
    from geo_ree.serving.served_run import ServedRun

_NEEDED = ("pygeoapi", "waitress", "geoalchemy2")


def serve_run(
    out: Path | None = None,
    *,
    db: str | None = None,
    host: str = "127.0.0.1",
    port: int = 5000,
    url: str = "",
    tell: Callable[[str], None],
) -> None:
    """Serve the run of a folder or of a database until KeyboardInterrupt.

    Parameters
    ----------
    out
        Folder of a run with its export; ``out`` where neither it nor `db` is given.
    db
        Address of a database that runs were exported to.
    host, port
        Where to listen; port 0 takes a free one.
    url
        Public address of the service behind a proxy; by default links name the address that each
        client used.
    tell
        Shows a line.

    Raises
    ------
    SettingsError
        When there is no run, both `out` and `db` are given, a library is missing, or the port
        cannot be used.
    """
    if out is not None and db is not None:
        raise SettingsError("--out and --db are both given", "give one of them")
    for module in _NEEDED:
        import_extra(module, "serve")
    origin = _origin_of(url)
    logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)  # it logs each wrong request
    from geo_ree.serving.application import Service, is_local, local_hosts
    from geo_ree.serving.newest_run import NewestRun
    from geo_ree.serving.server import listening

    hosts = local_hosts(host)
    if hosts and origin:
        hosts |= {urlsplit(origin).hostname or ""}

    def make(run: ServedRun) -> Service:
        if run.warning:
            tell(f"warning: {run.warning}")
        return Service(run, hosts=hosts, origin=origin)

    newest = NewestRun(make, *_openers(out or Path("out"), db))
    with listening(newest, host, port) as (number, answer):
        if not is_local(host):
            tell(f"warning: whoever reaches {host} can read this run; there is no password")
        shown = f"[{host}]" if ":" in host else host
        at = origin or f"http://{shown}:{number}"
        tell(f"run {newest.run.run_id}: map {at}/, OGC API {at}/api; Ctrl-C ends the service")
        answer()


def _openers(folder: Path, db: str | None) -> tuple[Callable[[], ServedRun], Callable[[], str]]:
    """What opens a run, and what says which one there is."""
    from geo_ree.serving.run_database import open_database, version_of_database
    from geo_ree.serving.run_folder import open_folder, version_of

    if db is None:
        return partial(open_folder, folder), partial(version_of, folder)
    address = parse_address(db)
    return partial(open_database, address), partial(version_of_database, address)


def _origin_of(url: str) -> str:
    """Scheme, host and port of a public address.

    Examples
    --------
    >>> _origin_of("https://example.org/")
    'https://example.org'
    """
    if not url:
        return ""
    with suppress(ValueError):  # brackets that do not close, a port that is no number
        parts = urlsplit(url)
        more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not more:
            return f"{parts.scheme}://{parts.netloc}"
    raise SettingsError(
        f"--url {mask_addresses(url)} is no address of a server",
        "give scheme, host and port: https://example.org",
    )

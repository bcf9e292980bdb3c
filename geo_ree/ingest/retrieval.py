"""One source into ``data/raw``: brought or handed over, checked, then moved."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError, SettingsError
from geo_ree.ingest.http import Client, OnBytes
from geo_ree.ingest.protocol import Arrival, Box, Order
from geo_ree.ingest.readers import PROTOCOLS, read
from geo_ree.settings import Settings
from geo_ree.storage import Provenance, Snapshot, latest_snapshot, save_snapshot, sha256_of
from geo_ree.storage.files import told

Check = Callable[[Path], None]
"""Opens a payload and raises a GeoReeError when it is not what the catalogue says."""


def fetch(
    source: Source,
    settings: Settings,
    *,
    check: Check | None = None,
    handed: Path | None = None,
    box: Box | None = None,
    on_bytes: OnBytes | None = None,
    today: date | None = None,
) -> Snapshot:
    """Fetch one source, or take the file of it that somebody was handed.

    The payload is brought beside its place, opened and checked, and only then moved there.
    When it is the one already at hand, byte for byte, the old snapshot stays.

    Parameters
    ----------
    source
        Its catalogue entry.
    settings
        Data root, mirror, timeouts.
    check
        How the payload is checked; by default each of its tables is opened.
    handed
        A file to take in place of asking the publisher; it is copied.
    box
        West, south, east, north in degrees, for a source that is fetched by parts.
    on_bytes
        Told of the progress.
    today
        Name of the snapshot; by default today's date in UTC.

    Returns
    -------
    Snapshot

    Raises
    ------
    FetchError
        When the source is not one to be fetched, or cannot be had.
    SchemaError
        When what came is not what the catalogue describes.
    SettingsError
        When the data folder cannot be written, or the mirror is no address.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> gone = load_catalog()["usgs_ree"].model_copy(
    ...     update={"status": "manual", "why": "it is sold", "instead": "buy it"})
    >>> fetch(gone, Settings())
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree cannot be fetched by a program: it is sold; buy it, then \
geo-ree fetch usgs_ree --file PATH
    """
    if handed is None:
        _refuse(source, box)
    kept = _at_hand(source, settings)
    with _staging(settings, source) as folder:
        if handed is None:
            proof = kept.provenance if kept else None
            order = Order(source=source, folder=folder, box=box,
                          etag=proof.etag if proof else "",
                          last_modified=proof.last_modified if proof else "")  # fmt: skip
            client = Client(settings, what=source.id, hosts=_hosts(source),
                            pause_s=source.reader.pause_s, on_bytes=on_bytes)  # fmt: skip
            arrival = PROTOCOLS[source.protocol].bring(order, client)
        else:
            arrival = _copied(handed, folder, source)
        if arrival.unchanged and kept is not None:
            return kept
        return _take(arrival, source, settings, kept, check or _opened(source), today,
                     handed=handed is not None)  # fmt: skip


def _take(
    arrival: Arrival, source: Source, settings: Settings, kept: Snapshot | None, check: Check,
    today: date | None, *, handed: bool,
) -> Snapshot:  # fmt: skip
    found = sha256_of(arrival.payload)
    if source.sha256 and found != source.sha256:
        raise FetchError(
            f"{source.id}: {arrival.url or arrival.payload.name}: the file's sha256 is "
            f"{found[:12]}…, the catalogue pins {source.sha256[:12]}…",
            "the publisher changed it: look at it, then correct sha256 in the catalogue entry",
        )
    check(arrival.payload)
    if kept is not None and kept.provenance.sha256 == found:
        return kept
    now = datetime.now(UTC)
    provenance = Provenance(
        source_id=source.id,
        origin="handed" if handed else "fetched",
        url=arrival.url,
        mirror="" if handed else settings.mirror or "",
        query=arrival.query,
        retrieved=now.isoformat(timespec="seconds"),
        licence=source.licence,
        attribution=source.attribution,
        sha256=found,
        bytes=arrival.payload.stat().st_size,
        etag=arrival.etag,
        last_modified=arrival.last_modified,
        file=arrival.payload.name,
    )
    return save_snapshot(arrival.payload, provenance, settings, day=today or now.date())


def _opened(source: Source) -> Check:
    def check(path: Path) -> None:
        for part in source.parts():
            read(part, path)

    return check


def _hosts(source: Source) -> frozenset[str]:
    return frozenset({urlsplit(source.url).hostname or "", *source.reader.hosts})


def _refuse(source: Source, box: Box | None) -> None:
    by_hand = f"{source.instead}, then geo-ree fetch {source.id} --file PATH"
    if source.protocol == "starter":
        raise FetchError(f"{source.id} comes with the package", "there is nothing to fetch")
    if source.status == "none":
        raise FetchError(f"{source.id}: nothing is published: {source.why}", by_hand)
    if not source.fetchable:
        raise FetchError(f"{source.id} cannot be fetched by a program: {source.why}", by_hand)
    if not source.url:
        raise FetchError(f"{source.id} has no url", "add it to the catalogue entry")
    if PROTOCOLS[source.protocol].needs_box and box is None:
        raise FetchError(
            f"{source.id} is fetched for a part of the world only",
            "say which with --bbox WEST,SOUTH,EAST,NORTH",
        )


def _copied(handed: Path, folder: Path, source: Source) -> Arrival:
    try:
        payload = Path(shutil.copyfile(handed, folder / handed.name))
    except OSError as error:
        raise SettingsError(
            f"{source.id}: {handed} cannot be read ({error.strerror})", "check the path"
        ) from error
    return Arrival(
        payload=payload, url=source.url or source.landing_page, query=f"file {handed.name}"
    )


@contextmanager
def _staging(settings: Settings, source: Source) -> Iterator[Path]:
    """Give a folder on the file system of the data root, and remove it afterwards."""
    home = settings.raw_root / source.id
    with told(home):
        home.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(prefix=".", suffix=".download", dir=home) as folder:
                yield Path(folder)
        finally:
            if not any(home.iterdir()):
                home.rmdir()


def _at_hand(source: Source, settings: Settings) -> Snapshot | None:
    """Give the newest snapshot when it is whole."""
    try:
        return latest_snapshot(settings, source.id)
    except SchemaError:  # it is damaged: fetching again is the cure
        return None

"""One source from its publisher into ``data/raw``: downloaded, checked, then moved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.ingest.http import ZIP_MAGIC, Download, OnBytes, download
from geo_ree.ingest.readers import read
from geo_ree.settings import Settings
from geo_ree.storage import Provenance, Snapshot, latest_snapshot, save_snapshot
from geo_ree.storage.files import told


def fetch(
    source: Source,
    settings: Settings,
    *,
    on_bytes: OnBytes | None = None,
    today: date | None = None,
) -> Snapshot:
    """Fetch one source.

    The payload is downloaded beside its place, opened and checked, and only then moved there.
    When it is the one already at hand, byte for byte, the old snapshot stays.

    Parameters
    ----------
    source
        Its catalogue entry.
    settings
        Data root, mirror, timeouts.
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
    >>> handed = load_catalog()["usgs_ree"].model_copy(update={"status": "manual"})
    >>> fetch(handed, Settings())
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree cannot be fetched by a program; open \
https://pubs.usgs.gov/of/2002/of02-189
    """
    _refuse(source)
    with _staging(settings, source) as folder:
        payload = folder / _file_name(source)
        came = download(
            source.url, settings, payload, what=source.id, magic=ZIP_MAGIC, on_bytes=on_bytes
        )
        read(source, payload)
        kept = _same(source, settings, came)
        if kept is not None:
            return kept
        now = datetime.now(UTC)
        provenance = Provenance(
            source_id=source.id,
            url=source.url,
            mirror=settings.mirror or "",
            retrieved=now.isoformat(timespec="seconds"),
            licence=source.licence,
            attribution=source.attribution,
            sha256=came.sha256,
            bytes=came.bytes,
            etag=came.etag,
            last_modified=came.last_modified,
            file=payload.name,
        )
        return save_snapshot(payload, provenance, settings, day=today or now.date())


def _refuse(source: Source) -> None:
    if source.protocol == "starter":
        raise FetchError(f"{source.id} comes with the package", "there is nothing to fetch")
    page = f"open {source.landing_page}" if source.landing_page else "geo-ree sources says more"
    if source.status == "manual":
        raise FetchError(f"{source.id} cannot be fetched by a program", page)
    if source.status == "none":
        raise FetchError(f"{source.id} has no public service", page)
    if not source.url:
        raise FetchError(f"{source.id} has no url", "add it to the catalogue entry")


def _file_name(source: Source) -> str:
    name = PurePosixPath(unquote(urlsplit(source.url).path)).name
    return name if name not in ("", ".", "..") and "\\" not in name else f"{source.id}.zip"


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


def _same(source: Source, settings: Settings, came: Download) -> Snapshot | None:
    """Give the newest snapshot when it is whole and holds what just came."""
    try:
        newest = latest_snapshot(settings, source.id)
    except SchemaError:  # it is damaged: fetching again is the cure
        return None
    return newest if newest is not None and newest.provenance.sha256 == came.sha256 else None

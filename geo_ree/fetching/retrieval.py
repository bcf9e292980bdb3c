"""A file that somebody was handed: looked at, and copied as one payload."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError, SettingsError
from geo_ree.fetching.download import Client, OnBytes
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.protocols import PROTOCOLS, read
from geo_ree.fetching.session import check_address, masked, masking_errors, secrets_of
from geo_ree.fetching.transfer import PARTIAL_NAMES
from geo_ree.settings import Settings
from geo_ree.storage import (
    Provenance,
    Snapshot,
    data_lock,
    latest_snapshot,
    save_snapshot,
    sha256_of,
    sweep,
)
from geo_ree.storage.files import told
from geo_ree.storage.snapshots import PROVENANCE

_DAY = (1980, 1, 1, 0, 0, 0)
_NEEDED = (".shp", ".shx", ".dbf")
_PARTS = (*_NEEDED, ".prj", ".cpg")


def check_provided(provided: Path, source: Source, settings: Settings) -> None:
    """Refuse what cannot be taken for a source.

    Parameters
    ----------
    provided
        A file; a shapefile stands for its other parts beside it, too; or the folder of a file
        geodatabase.
    source
        Its catalogue entry.
    settings
        The most bytes that are accepted.

    Raises
    ------
    SettingsError
        When it is none of these, empty, too large, or a part of the shapefile is missing.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> check_provided(Path("no-such.csv"), load_catalog()["icmm_mines"], Settings())
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: icmm_mines: no-such.csv is no file; check the path
    """
    start = f"{source.id}: {provided}"
    parts = _parts(provided)
    if provided.is_dir() and not parts:
        raise SettingsError(f"{start} is a folder", "pack it into one zip archive, and give that")
    if not parts:
        raise SettingsError(f"{start} is no file", "check the path")
    if provided.suffix.lower() == ".shp":
        there = {p.suffix.lower() for p in parts}
        if lacking := [suffix for suffix in _NEEDED if suffix not in there]:
            raise SettingsError(
                f"{start} lacks {', '.join(provided.stem + suffix for suffix in lacking)} beside it",
                "put all parts of the shapefile into one folder",
            )
    size = sum(part.stat().st_size for part in parts)
    if not size:
        raise SettingsError(f"{start} is empty", "get the file again")
    if size > settings.max_download_bytes:
        raise SettingsError(
            f"{start} has {size} bytes, at most {settings.max_download_bytes} are accepted",
            "check the path, or raise Settings.max_download_bytes",
        )


def copy_provided(provided: Path, folder: Path, source: Source) -> Payload:
    """Copy a file into the staging folder; what consists of several as one zip archive.

    Parameters
    ----------
    provided
        As `check_provided` accepts it.
    folder
        Where to.
    source
        Its catalogue entry.

    Returns
    -------
    Payload
        The same bytes for the same files.

    Raises
    ------
    SettingsError
        When it cannot be read.
    """
    parts = _parts(provided)
    try:
        if [provided] == parts:
            payload = Path(shutil.copyfile(provided, folder / provided.name))
        else:
            payload = _packed(provided, parts, folder)
    except OSError as error:
        if error.filename not in map(str, parts):
            raise
        raise SettingsError(
            f"{source.id}: {error.filename} cannot be read ({error.strerror})", "check the path"
        ) from error
    return Payload(
        path=payload, url=source.url or source.landing_page, query=f"file {provided.name}"
    )


def _parts(provided: Path) -> list[Path]:
    """Files that are one thing with the one that was handed over; none where it is nothing."""
    if provided.is_dir():
        files = sorted(p for p in provided.iterdir() if p.is_file() and p.suffix != ".lock")
        return files if any(p.suffix == ".gdbtable" for p in files) else []
    if not provided.is_file():
        return []
    if provided.suffix.lower() != ".shp":
        return [provided]
    beside = (p for p in provided.parent.iterdir() if p.stem == provided.stem and p.is_file())
    return sorted(p for p in beside if p == provided or p.suffix.lower() in _PARTS[1:])


def _packed(provided: Path, parts: list[Path], folder: Path) -> Path:
    inside = f"{provided.resolve().name.removesuffix('.gdb')}.gdb/" if provided.is_dir() else ""
    payload = folder / f"{provided.resolve().name if inside else provided.stem}.zip"
    with zipfile.ZipFile(payload, "w") as archive:
        for part in parts:
            info = zipfile.ZipInfo(inside + part.name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes on every system
            with part.open("rb") as stream, archive.open(info, "w", force_zip64=True) as out:
                shutil.copyfileobj(stream, out)
    return payload


INCOMING = ".incoming"
"""Folder, beside a source's snapshots, of what is under way."""

Check = Callable[[Path], None]
"""Opens a payload and raises a GeoReeError when it is not what the catalogue says."""


def fetch_snapshot(
    source: Source,
    settings: Settings,
    *,
    check: Check | None = None,
    provided: Path | None = None,
    box: Box | None = None,
    on_bytes: OnBytes | None = None,
    today: date | None = None,
) -> Snapshot:
    """Fetch one source, or take the file of it that somebody was handed.

    The payload is brought beside its place, opened and checked, and only then moved there.
    When it is the one already at hand, byte for byte, the old snapshot stays. The data root is
    locked meanwhile; several threads of one process may fetch several sources at once.

    Parameters
    ----------
    source
        Its catalogue entry.
    settings
        Data root, mirror, timeouts.
    check
        How the payload is checked; by default each of its tables is opened.
    provided
        A file to take in place of asking the publisher; it is copied. A shapefile is taken
        with its other parts, and the folder of a file geodatabase whole, as one zip archive.
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
        When the data folder cannot be written or another process works on it, the mirror is
        no address, or the handed file is none.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> gone = load_catalog()["usgs_ree"].model_copy(
    ...     update={"status": "manual", "why": "it is sold", "instead": "buy it"})
    >>> fetch_snapshot(gone, Settings())
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree cannot be fetched by a program: it is sold; buy it, then \
geo-ree fetch usgs_ree --file PATH
    """
    if provided is None:
        _refuse(source, settings, box)
    else:
        check_provided(provided, source, settings)
    with masking_errors(source, settings), data_lock(settings, source.id):
        sweep(settings, source.id)
        kept = _at_hand(source, settings)
        with _staging(settings, source) as folder:
            if provided is None:
                arrival = _brought(source, settings, folder, kept, box, on_bytes)
            else:
                arrival = copy_provided(provided, folder, source)
            if arrival.unchanged and kept is not None:
                return kept
            return _take(
                arrival,
                source,
                settings,
                kept,
                check or _opened(source),
                today,
                provided=provided is not None,
            )


def _brought(
    source: Source,
    settings: Settings,
    folder: Path,
    kept: Snapshot | None,
    box: Box | None,
    on_bytes: OnBytes | None,
) -> Payload:
    proof = _comparable(source, settings, kept)
    request = Request(
        source=source,
        folder=folder,
        box=box,
        etag=proof.etag if proof else "",
        last_modified=proof.last_modified if proof else "",
        query=proof.query if proof else "",
    )
    previous_url = proof.url if proof else ""
    with Client.for_source(
        source, settings, on_bytes=on_bytes, previous_url=previous_url
    ) as client:
        return PROTOCOLS[source.protocol].download(request, client)


def _comparable(source: Source, settings: Settings, kept: Snapshot | None) -> Provenance | None:
    """Give the record of the snapshot at hand, where a server may call it unchanged."""
    if kept is None or kept.provenance.origin != "fetched":
        return None
    mirror = masked(settings.mirror or "", secrets_of(source, settings))
    from_there = kept.provenance.mirror == mirror
    wanted = source.sha256 in ("", kept.provenance.sha256)
    return kept.provenance if from_there and wanted else None


def _take(
    arrival: Payload,
    source: Source,
    settings: Settings,
    kept: Snapshot | None,
    check: Check,
    today: date | None,
    *,
    provided: bool,
) -> Snapshot:
    found = sha256_of(arrival.path)
    if source.sha256 and found != source.sha256:
        raise FetchError(
            f"{source.id}: {arrival.url or arrival.path.name}: the file's sha256 is "
            f"{found[:12]}…, the catalogue pins {source.sha256[:12]}…",
            "the publisher changed it: look at it, then correct sha256 in the catalogue entry",
        )
    check(arrival.path)
    if kept is not None and kept.provenance.sha256 == found:
        return kept
    now, secrets = datetime.now(UTC), secrets_of(source, settings)
    provenance = Provenance(
        source_id=source.id,
        origin="provided" if provided else "fetched",
        url=masked(arrival.url, secrets),
        mirror="" if provided else masked(settings.mirror or "", secrets),
        query=masked(arrival.query, secrets),
        retrieved=now.isoformat(timespec="seconds"),
        licence=source.licence,
        attribution=source.attribution,
        sha256=found,
        bytes=arrival.path.stat().st_size,
        etag=arrival.etag,
        last_modified=arrival.last_modified,
        file=_name(arrival.path.name, source),
        part=arrival.part,
    )
    return save_snapshot(arrival.path, provenance, settings, day=today or now.date())


def _opened(source: Source) -> Check:
    def check(path: Path) -> None:
        for part in source.parts():
            read(part, path)

    return check


def _refuse(source: Source, settings: Settings, box: Box | None) -> None:
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
    check_address(source.url, settings, source_id=source.id)


def _name(name: str, source: Source) -> str:
    """Give the payload a name that is not that of its record."""
    return f"{source.id}-{name}" if name.lower() == PROVENANCE else name


@contextmanager
def _staging(settings: Settings, source: Source) -> Iterator[Path]:
    """Give the folder of what is under way, on the file system of the data root.

    A later run finds there what has arrived of a download that broke off. When the source is
    at hand, the folder goes.
    """
    home = settings.raw_root / source.id
    folder = home / INCOMING
    with told(home):
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        try:
            yield folder
        except BaseException:
            _clear(folder)
            raise
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            for empty in (folder, home):
                with suppress(OSError):
                    empty.rmdir()


def _clear(folder: Path) -> None:
    """Remove everything but downloads that can be gone on with."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif not any(path.match(pattern) for pattern in PARTIAL_NAMES):
            path.unlink(missing_ok=True)


def _at_hand(source: Source, settings: Settings) -> Snapshot | None:
    """Give the newest snapshot when it is whole."""
    try:
        return latest_snapshot(settings, source.id)
    except SchemaError:  # it is damaged: fetching again is the hint
        return None

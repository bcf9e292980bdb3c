"""One source into the data folder: its payload is downloaded or provided, checked, and kept."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError, SettingsError
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.protocols import PROTOCOLS, read
from geo_ree.fetching.raster_archives import unpack_raster
from geo_ree.fetching.transport.download import Client, OnBytes
from geo_ree.fetching.transport.masking import masked, masking_errors, secrets_of
from geo_ree.fetching.transport.session import check_address
from geo_ree.fetching.transport.transfer import PARTIAL_NAMES
from geo_ree.reading.shapefile import choose_parts
from geo_ree.schema import RASTER_LAYERS
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
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.moves import check_inside
from geo_ree.storage.provenance import PROVENANCE

INCOMING = ".incoming"
"""Folder beside a source's snapshots for what is being downloaded."""

_SHAPEFILE_NEEDS = (".shp", ".shx", ".dbf")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def fetch_snapshot(
    source: Source,
    settings: Settings,
    *,
    check: Callable[[Path], None] | None = None,
    provided: Path | None = None,
    box: Box | None = None,
    on_bytes: OnBytes | None = None,
    today: date | None = None,
) -> Snapshot:
    """Fetch one source, or take the file of it that the user provides.

    The payload is downloaded beside its place, opened and checked, and only then moved there. If
    it is the previous one, byte for byte, that snapshot stays. The data root is locked;
    several threads of one process may fetch several sources at once.

    Parameters
    ----------
    source
        Its catalogue entry.
    settings
        Data root, mirror, timeouts.
    check
        Raises a GeoReeError if a payload is not what the entry describes; by default each of its
        tables is read.
    provided
        A file to copy instead of a download; of a shapefile, or the folder of a file geodatabase,
        all parts are copied into one zip archive.
    box
        West, south, east, north in degrees, for a source that is fetched by area.
    on_bytes
        Called with the progress.
    today
        Name of the snapshot; by default today's date in UTC.

    Returns
    -------
    Snapshot

    Raises
    ------
    FetchError
        If the source cannot be fetched, or the download fails.
    SchemaError
        If the payload is not what the entry describes.
    SettingsError
        If the data folder cannot be written or another process uses it, the mirror is not a web
        address, or the provided file cannot be used.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> sold = load_catalog()["usgs_ree"].model_copy(
    ...     update={"status": "manual", "why": "it is sold", "instead": "buy it"})
    >>> fetch_snapshot(sold, Settings())
    Traceback (most recent call last):
    geo_ree.errors.FetchError: usgs_ree cannot be fetched by a program: it is sold; buy it, then \
geo-ree fetch usgs_ree --file PATH
    """
    with masking_errors(source, settings):
        if provided is None:
            _check_fetchable(source, settings, box)
        else:
            check_provided(provided, source, settings)
    with masking_errors(source, settings), data_lock(settings, source.id):
        sweep(settings, source.id)
        previous = _previous_snapshot(source, settings)
        with _staging(settings, source) as folder:
            if provided is None:
                payload = _download(source, settings, folder, previous, box, on_bytes)
            else:
                payload = copy_provided(provided, folder, source)
            if payload.unchanged and previous is not None:
                return previous
            sha256 = _check_pin(payload, source)
            if source.layer in RASTER_LAYERS:
                payload = unpack_raster(payload, source)
                sha256 = sha256_of(payload.path)
            (check or _read_tables(source))(payload.path)
            if previous is not None and previous.provenance.sha256 == sha256:
                return previous
            proof = _provenance(payload, sha256, source, settings, provided=provided is not None)
            day = today or datetime.fromisoformat(proof.retrieved).date()
            return save_snapshot(payload.path, proof, settings, day=day)


def _check_fetchable(source: Source, settings: Settings, box: Box | None) -> None:
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
            f"{source.id} is fetched by area only", "give one with --bbox WEST,SOUTH,EAST,NORTH"
        )
    if source.protocol != "sql":
        check_address(source.url, settings, source_id=source.id)


def _previous_snapshot(source: Source, settings: Settings) -> Snapshot | None:
    """Return the newest snapshot if it is whole and of the past; another one is fetched again."""
    try:
        found = latest_snapshot(settings, source.id)
    except SchemaError:
        return None
    return None if found is None or found.provenance.is_future else found


@contextmanager
def _staging(settings: Settings, source: Source) -> Iterator[Path]:
    """Yield a folder for the payload, on the file system of the data root.

    A later run finds there what has arrived of an interrupted download; otherwise it is deleted.
    """
    home = settings.raw_root / source.id
    folder = home / INCOMING
    with explain_unwritable(home):
        check_inside(settings.raw_root, f"{source.id}/{INCOMING}")
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
    """Delete everything but partial downloads."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_symlink() or not any(path.match(pattern) for pattern in PARTIAL_NAMES):
            path.unlink(missing_ok=True)


def _download(
    source: Source,
    settings: Settings,
    folder: Path,
    previous: Snapshot | None,
    box: Box | None,
    on_bytes: OnBytes | None,
) -> Payload:
    request, previous_url = Request(source=source, folder=folder, box=box), ""
    if previous is not None and _is_comparable(previous.provenance, source, settings):
        proof = previous.provenance
        previous_url = proof.url
        request = Request(
            source=source,
            folder=folder,
            box=box,
            etag=proof.etag,
            last_modified=proof.last_modified,
            query=proof.query,
        )
    with Client.for_source(
        source, settings, on_bytes=on_bytes, previous_url=previous_url
    ) as client:
        return PROTOCOLS[source.protocol].download(request, client)


def _is_comparable(proof: Provenance, source: Source, settings: Settings) -> bool:
    """Return whether a server may call this snapshot unchanged: it has the file the entry pins."""
    mirror = masked(settings.mirror or "", secrets_of(source, settings))
    pinned = source.sha256 in ("", proof.sha256)
    return proof.origin == "fetched" and proof.mirror == mirror and pinned


def _check_pin(payload: Payload, source: Source) -> str:
    """Return the sha256 of a payload; raise a FetchError if the catalogue pins another one."""
    found = sha256_of(payload.path)
    if source.sha256 and found != source.sha256:
        raise FetchError(
            f"{source.id}: {payload.url or payload.path.name}: the file's sha256 is "
            f"{found[:12]}…, the catalogue pins {source.sha256[:12]}…",
            "the publisher changed it: look at it, then correct sha256 in the catalogue entry",
        )
    return found


def _read_tables(source: Source) -> Callable[[Path], None]:
    def check(path: Path) -> None:
        for part in source.parts():
            read(part, path)

    return check


def _provenance(
    payload: Payload, sha256: str, source: Source, settings: Settings, *, provided: bool
) -> Provenance:
    secrets, name = secrets_of(source, settings), payload.path.name
    return Provenance(
        source_id=source.id,
        origin="provided" if provided else "fetched",
        url=masked(payload.url, secrets),
        mirror="" if provided else masked(settings.mirror or "", secrets),
        query=masked(payload.query, secrets),
        retrieved=datetime.now(UTC).isoformat(timespec="seconds"),
        licence=source.licence,
        attribution=source.attribution,
        sha256=sha256,
        bytes=payload.path.stat().st_size,
        etag=payload.etag,
        last_modified=payload.last_modified,
        # a payload cannot have the name of its record
        file=f"{source.id}-{name}" if name.lower() == PROVENANCE else name,
        part=payload.part,
    )


def check_provided(provided: Path, source: Source, settings: Settings) -> None:
    """Raise a SettingsError if a provided file cannot be used.

    It may be a file, a shapefile with its other parts beside it, or the folder of a file
    geodatabase; it may not be empty, nor larger than `settings` allow.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> check_provided(Path("no-such.csv"), load_catalog()["icmm_mines"], Settings())
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: icmm_mines: no-such.csv is not a file; check the path
    """
    where = f"{source.id}: {provided}"
    parts = _parts(provided)
    if provided.is_dir() and not parts:
        raise SettingsError(f"{where} is a folder", "pack it into one zip archive, and give that")
    if not parts:
        raise SettingsError(f"{where} is not a file", "check the path")
    if provided.suffix.lower() == ".shp":
        found = {p.suffix.lower() for p in parts}
        if missing := [suffix for suffix in _SHAPEFILE_NEEDS if suffix not in found]:
            names = ", ".join(provided.stem + suffix for suffix in missing)
            raise SettingsError(
                f"{where} lacks {names} beside it",
                "put all parts of the shapefile into one folder",
            )
    size = sum(part.stat().st_size for part in parts)
    if not size:
        raise SettingsError(f"{where} is empty", "get the file again")
    if size > settings.max_download_bytes:
        raise SettingsError(
            f"{where} has {size} bytes, at most {settings.max_download_bytes} are accepted",
            "check the path, or raise Settings.max_download_bytes",
        )


def copy_provided(provided: Path, folder: Path, source: Source) -> Payload:
    """Copy a provided file into a folder; one that consists of several as one zip archive."""
    parts = _parts(provided)
    try:
        if [provided] == parts:
            path = Path(shutil.copyfile(provided, folder / provided.name))
        else:
            path = _zip_parts(provided, parts, folder)
    except OSError as error:
        if error.filename not in map(str, parts):
            raise
        raise SettingsError(
            f"{source.id}: {error.filename} cannot be read ({error.strerror})", "check the path"
        ) from error
    return Payload(path=path, url=source.url or source.landing_page, query=f"file {provided.name}")


def _parts(provided: Path) -> list[Path]:
    """List the files that a provided path consists of; none if it cannot be used."""
    if provided.is_dir():
        files = sorted(p for p in provided.iterdir() if p.is_file() and p.suffix != ".lock")
        return files if any(p.suffix == ".gdbtable" for p in files) else []
    if not provided.is_file():
        return []
    if provided.suffix.lower() != ".shp":
        return [provided]
    beside = [p for p in provided.parent.iterdir() if p.is_file()]
    return sorted(Path(p) for p in choose_parts(provided, beside).values())


def _zip_parts(provided: Path, parts: list[Path], folder: Path) -> Path:
    """Pack files into a zip archive whose bytes are the same on every day and system."""
    name = provided.resolve().name if provided.is_dir() else provided.stem
    inside = f"{name.removesuffix('.gdb')}.gdb/" if provided.is_dir() else ""
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in parts:
            info = zipfile.ZipInfo(inside + part.name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            with part.open("rb") as stream, archive.open(info, "w", force_zip64=True) as out:
                shutil.copyfileobj(stream, out)
    return path

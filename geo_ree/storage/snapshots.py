"""Store payloads unchanged, each with a record of its provenance."""

from __future__ import annotations

import logging
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from geo_ree.errors import SchemaError
from geo_ree.settings import Settings
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.drafts import make_folder, recover
from geo_ree.storage.files import sha256_of
from geo_ree.storage.folder_lock import FolderLock
from geo_ree.storage.moves import check_inside
from geo_ree.storage.provenance import DAY_S, PROVENANCE, Provenance, seconds_of

logger = logging.getLogger(__name__)

_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}(\.[1-9]\d*)?", re.ASCII)
_DRAFT = ".new"
_WAIT_S = 60.0
_one_removes = threading.Lock()  # else threads that sweep two sources take each other for readers
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Snapshot:
    """One payload as published on one day, with its provenance."""

    folder: Path
    payload: Path
    provenance: Provenance


def save_snapshot(
    payload: Path, provenance: Provenance, settings: Settings, *, day: date
) -> Snapshot:
    """Move a checked payload into ``data/raw``, with its provenance.

    The snapshot is written under a temporary name and renamed once: if the process is killed, either
    the old snapshot or the new one exists.

    Parameters
    ----------
    payload
        The file to move. It gets the name ``provenance.file``.
    provenance
        Its record.
    settings
        Where the data root is.
    day
        Name of the snapshot's folder. A second snapshot of that day is named ``<day>.2``; it
        replaces the first if both have the same part. Which snapshot is newest does not depend on
        the name, but on ``sequence`` in the record.

    Returns
    -------
    Snapshot

    Raises
    ------
    SettingsError
        When the folder cannot be created or written.
    """
    home = settings.raw_root / provenance.source_id
    with explain_unwritable(home / day.isoformat()):
        check_inside(settings.raw_root, provenance.source_id)
        last = max((order for order, _ in map(_order, _folders(home))), default=0)
        provenance = replace(provenance, sequence=max(int(time.time()), last + 1))
        draft = home / f".{uuid.uuid4().hex[:8]}{_DRAFT}"
        make_folder(draft)
        try:
            shutil.move(payload, draft / provenance.file)
            (draft / PROVENANCE).write_text(provenance.to_json(), encoding="utf-8", newline="\n")
            folder = home / _next_name(home, day)
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    sweep(settings, provenance.source_id)
    return Snapshot(folder, folder / provenance.file, provenance)


def _next_name(home: Path, day: date) -> str:
    taken = [number for name, number in map(_rank, _folders(home)) if name == day.isoformat()]
    return f"{day.isoformat()}.{max(taken) + 1}" if taken else day.isoformat()


def _folders(home: Path) -> list[Path]:
    """List the folders of snapshots, oldest first."""
    found = [p for p in home.glob("*") if _FOLDER.fullmatch(p.name) and p.is_dir()]
    return sorted(found, key=_order)


def _order(folder: Path) -> tuple[int, tuple[str, int]]:
    """Give the place of a snapshot in time: as its record says, or the name of its folder.

    The name says nothing if its day is still to come.
    """
    record = _record(folder)
    order = 0 if record is None else record.sequence or seconds_of(record.retrieved)
    day = seconds_of(_rank(folder)[0])
    if not order and day < time.time() + DAY_S:
        order = day
    return order, _rank(folder)


def _record(folder: Path) -> Provenance | None:
    try:
        return Provenance.from_json((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _rank(folder: Path) -> tuple[str, int]:
    day, _, number = folder.name.partition(".")
    return day, int(number or 1)


def sweep(settings: Settings, source_id: str) -> None:
    """Remove replaced snapshots, and drafts of killed processes.

    Parameters
    ----------
    settings
        Where the data root is. Hold `data_lock`: another process may be writing a draft. What a
        run reads at the moment is left to the next call.
    source_id
        The catalogue entry.

    Examples
    --------
    >>> sweep(Settings(data_root=Path("no-such-folder")), "usgs_ree")
    """
    home = settings.raw_root / source_id
    if not home.is_dir():
        return
    with explain_unwritable(home):
        check_inside(settings.raw_root, source_id)
    recover(home)  # waits for the process that moves the files of a killed command
    newest = {(_rank(folder)[0], _part(folder)): folder for folder in _folders(home)}
    useless = [f for f in _folders(home) if f not in newest.values()]
    lock = FolderLock(settings.raw_root)
    with _one_removes:
        if useless and not lock.acquire():
            useless = []  # somebody reads; the next fetch removes them
        for folder in (*useless, *home.glob(f".*{_DRAFT}")):
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


@contextmanager
def holding_snapshots(settings: Settings) -> Iterator[None]:
    """Keep the snapshots while the block reads them: a fetch meanwhile replaces none."""
    lock = FolderLock(settings.raw_root)
    with suppress(OSError):  # nothing fetched, or a drive without locks
        lock.acquire(_WAIT_S, shared=True)
    try:
        yield
    finally:
        lock.release()


def while_reading(function: Callable[Concatenate[Settings, _P], _R]) -> Callable[..., _R]:
    """Make a function, whose first argument are the settings, hold the snapshots."""

    @wraps(function)
    def hold(settings: Settings, *args: _P.args, **options: _P.kwargs) -> _R:
        with holding_snapshots(settings):
            return function(settings, *args, **options)

    return hold


def _part(folder: Path) -> str:
    """Give the part of a snapshot; blank if its record cannot be read."""
    record = _record(folder)
    return "" if record is None else record.part


def snapshots_of_parts(settings: Settings, source_id: str) -> list[Snapshot]:
    """Find the newest snapshot of each part of a source, and verify their checksums.

    Parameters
    ----------
    settings
        Where the data root is.
    source_id
        The catalogue entry.

    Returns
    -------
    list of Snapshot
        Newest first; empty if the source was never fetched.

    Raises
    ------
    SchemaError
        As for `latest_snapshot`.

    Examples
    --------
    >>> snapshots_of_parts(Settings(data_root=Path("no-such-folder")), "copernicus_glo90")
    []
    """
    newest = {_part(folder): folder for folder in _folders(settings.raw_root / source_id)}
    chosen = sorted(newest.values(), key=_rank, reverse=True)
    return [_verified(folder, settings, source_id) for folder in chosen]


def latest_snapshot(settings: Settings, source_id: str) -> Snapshot | None:
    """Find the newest snapshot of a source, and verify its checksum.

    Parameters
    ----------
    settings
        Where the data root is.
    source_id
        The catalogue entry.

    Returns
    -------
    Snapshot or None
        None if the source was never fetched.

    Raises
    ------
    SchemaError
        When the record cannot be read, or the payload is missing or does not match its checksum.

    Examples
    --------
    >>> latest_snapshot(Settings(data_root=Path("no-such-folder")), "usgs_ree") is None
    True
    """
    folders = _folders(settings.raw_root / source_id)
    return _verified(folders[-1], settings, source_id) if folders else None


def _verified(folder: Path, settings: Settings, source_id: str) -> Snapshot:
    """Read the record of a snapshot, and verify the payload's checksum."""
    hint = f"fetch it again with geo-ree fetch {source_id} --data {settings.data_root}"
    record = folder / PROVENANCE
    try:
        provenance = Provenance.from_json(record.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(f"{record} cannot be read: {error.strerror}", hint) from error
    except ValueError as error:
        raise SchemaError(f"{record} is damaged: {error}", hint) from error
    payload = folder / Path(provenance.file).name
    if not payload.is_file():
        raise SchemaError(f"{payload} is missing", hint)
    found = sha256_of(payload)
    if found != provenance.sha256:
        raise SchemaError(
            f"{payload} was changed or damaged: its sha256 is {found[:12]}…, "
            f"{PROVENANCE} says {provenance.sha256[:12]}…",
            hint,
        )
    if provenance.is_future:
        logger.warning(
            "%s: the time %s is in the future: a clock is or was wrong; %s",
            record,
            provenance.retrieved,
            hint,
        )
    return Snapshot(folder, payload, provenance)

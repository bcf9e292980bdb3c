"""Store payloads unchanged, each with a record of its provenance."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from geo_ree.errors import SchemaError
from geo_ree.settings import Settings
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.drafts import make_folder
from geo_ree.storage.files import sha256_of

PROVENANCE = "provenance.json"
_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}(\.[1-9]\d*)?", re.ASCII)
_DRAFT = ".new"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a payload came from, and its checksum.

    Parameters
    ----------
    source_id
        The catalogue entry.
    origin
        ``fetched``, or ``provided`` for a file that the user provided.
    url
        The publisher's address of the payload.
    mirror
        The mirror used instead of the publisher; empty for none.
    query
        Parameters of the request, without keys and passwords; empty if there were none.
    retrieved
        Time of the download, in UTC (ISO 8601).
    licence, attribution
        From the catalogue at that time.
    sha256, bytes
        Of the payload.
    etag, last_modified
        From the server's response; empty if it sent none.
    file
        Name of the payload, in the folder of this record.
    part
        The part of the source, for instance a box; empty for the whole source. Snapshots of
        different parts coexist.

    Examples
    --------
    >>> record = Provenance(source_id="x", url="https://example.org/x.zip",
    ...     retrieved="2026-01-31T12:00:00+00:00", licence="CC0", attribution="Example",
    ...     sha256="ab", bytes=2, file="x.zip")
    >>> Provenance.from_json(record.to_json()) == record
    True
    """

    source_id: str
    origin: str = "fetched"
    url: str
    mirror: str = ""
    query: str = ""
    retrieved: str
    licence: str
    attribution: str
    sha256: str
    bytes: int
    etag: str = ""
    last_modified: str = ""
    file: str
    part: str = ""

    def to_json(self) -> str:
        """Give the text of ``provenance.json``."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read the text of ``provenance.json``; unknown keys are ignored.

        Raises
        ------
        ValueError
            When it is not JSON, or a field is missing or of the wrong type.
        """
        record = json.loads(text)
        if not isinstance(record, dict):
            raise ValueError("it is not a JSON object")  # noqa: TRY004 (one kind of error for all)
        known = {f.name: record[f.name] for f in fields(cls) if f.name in record}
        odd = [k for k, v in known.items() if not isinstance(v, int if k == "bytes" else str)]
        if odd:
            raise ValueError(f"{', '.join(odd)} has the wrong type")
        try:
            return cls(**known)
        except TypeError as error:
            raise ValueError(str(error).partition(") ")[2] or str(error)) from error


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
        replaces the first if both have the same part.

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
    return sorted(found, key=_rank)


def _rank(folder: Path) -> tuple[str, int]:
    day, _, number = folder.name.partition(".")
    return day, int(number or 1)


def sweep(settings: Settings, source_id: str) -> None:
    """Remove replaced snapshots, and drafts of killed processes.

    Parameters
    ----------
    settings
        Where the data root is. Hold `data_lock`: another process may be writing a draft.
    source_id
        The catalogue entry.

    Examples
    --------
    >>> sweep(Settings(data_root=Path("no-such-folder")), "usgs_ree")
    """
    home = settings.raw_root / source_id
    newest = {(_rank(folder)[0], _part(folder)): folder for folder in _folders(home)}
    useless = [f for f in _folders(home) if f not in newest.values()]
    for folder in (*useless, *home.glob(f".*{_DRAFT}")):
        shutil.rmtree(folder, ignore_errors=True)


def _part(folder: Path) -> str:
    """Give the part of a snapshot; blank if its record cannot be read."""
    try:
        return Provenance.from_json((folder / PROVENANCE).read_text(encoding="utf-8")).part
    except (OSError, ValueError):
        return ""


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
    return Snapshot(folder, payload, provenance)

"""Payloads as their publishers gave them, each beside the record of where it came from."""

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
from geo_ree.storage.files import make_folder, sha256_of, told

PROVENANCE = "provenance.json"
_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}(\.[1-9]\d*)?", re.ASCII)
_DRAFT = ".new"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a payload came from, and how to recognise it again.

    Parameters
    ----------
    source_id
        The catalogue entry.
    origin
        ``fetched``, or ``provided`` for a file that somebody gave.
    url
        The publisher's address of the payload.
    mirror
        The mirror that was asked instead of the publisher; empty for none.
    query
        What was asked for at that address, without keys and passwords; empty where the address
        says it all.
    retrieved
        When, in UTC (ISO 8601).
    licence, attribution
        As in the catalogue on that day.
    sha256, bytes
        Of the payload.
    etag, last_modified
        As the server gave them; empty where it gave none.
    file
        Name of the payload beside this record.
    part
        Which part of the source it is, for instance a box; snapshots of other parts stay beside
        it. Empty for all of it.

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
        """Text of ``provenance.json``."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read the text of ``provenance.json``; keys of later versions are ignored.

        Raises
        ------
        ValueError
            When it is not JSON, or a field is missing or of the wrong type.
        """
        record = json.loads(text)
        if not isinstance(record, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004 (one kind of error for all)
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
    """One payload as it was published on one day, with its provenance."""

    folder: Path
    payload: Path
    provenance: Provenance


def save_snapshot(
    payload: Path, provenance: Provenance, settings: Settings, *, day: date
) -> Snapshot:
    """Move a checked payload to its place under ``data/raw``, with its provenance.

    The snapshot is made under another name and then gets its own by one renaming: whatever
    ends the process, there is the old snapshot or the new one.

    Parameters
    ----------
    payload
        The file, which is moved. Its name there is ``provenance.file``.
    provenance
        Its record.
    settings
        Where the data root is.
    day
        Name of the snapshot's folder. A second one of that day gets ``<day>.2``, and takes the
        place of the first if it is of the same part.

    Returns
    -------
    Snapshot

    Raises
    ------
    SettingsError
        When the folder cannot be made or written.
    """
    home = settings.raw_root / provenance.source_id
    with told(home / day.isoformat()):
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
    """Give the folders of snapshots, the oldest first."""
    found = [p for p in home.glob("*") if _FOLDER.fullmatch(p.name) and p.is_dir()]
    return sorted(found, key=_rank)


def _rank(folder: Path) -> tuple[str, int]:
    day, _, number = folder.name.partition(".")
    return day, int(number or 1)


def sweep(settings: Settings, source_id: str) -> None:
    """Remove what is of no more use: drafts of runs that were killed, and replaced snapshots.

    Parameters
    ----------
    settings
        Where the data root is; `data_lock` has to be held, for a draft may be somebody's.
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
    """Tell the part that a snapshot is of; one whose record cannot be read is of no part."""
    try:
        return Provenance.from_json((folder / PROVENANCE).read_text(encoding="utf-8")).part
    except (OSError, ValueError):
        return ""


def snapshots_of_parts(settings: Settings, source_id: str) -> list[Snapshot]:
    """Find the newest snapshot of each part of a source, and check that they are whole.

    Parameters
    ----------
    settings
        Where the data root is.
    source_id
        The catalogue entry.

    Returns
    -------
    list of Snapshot
        The newest first; empty when the source was never fetched.

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
    return [_whole(folder, settings, source_id) for folder in chosen]


def latest_snapshot(settings: Settings, source_id: str) -> Snapshot | None:
    """Find the newest snapshot of a source, and check that it is whole.

    Parameters
    ----------
    settings
        Where the data root is.
    source_id
        The catalogue entry.

    Returns
    -------
    Snapshot or None
        None when the source was never fetched.

    Raises
    ------
    SchemaError
        When its record cannot be read, or the payload is missing or was changed.

    Examples
    --------
    >>> latest_snapshot(Settings(data_root=Path("no-such-folder")), "usgs_ree") is None
    True
    """
    folders = _folders(settings.raw_root / source_id)
    return _whole(folders[-1], settings, source_id) if folders else None


def _whole(folder: Path, settings: Settings, source_id: str) -> Snapshot:
    """Read the record of a snapshot, and check the payload against it."""
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

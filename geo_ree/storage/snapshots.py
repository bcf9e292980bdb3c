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
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a payload came from, and how to recognise it again.

    Parameters
    ----------
    source_id
        The catalogue entry.
    origin
        ``fetched``, or ``handed`` for a file that somebody gave.
    url
        The publisher's address of the payload.
    mirror
        The mirror that was asked instead of the publisher; empty for none.
    query
        What was asked for at that address; empty for a plain file.
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

    Parameters
    ----------
    payload
        The file, which is moved. Its name there is ``provenance.file``.
    provenance
        Its record.
    settings
        Where the data root is.
    day
        Name of the snapshot; one of the same day is replaced.

    Returns
    -------
    Snapshot

    Raises
    ------
    SettingsError
        When the folder cannot be made or written.
    """
    home = settings.raw_root / provenance.source_id
    folder, old = home / day.isoformat(), home / f".{day.isoformat()}.old"
    draft = home / f".{uuid.uuid4().hex[:8]}.new"
    with told(folder):
        make_folder(draft)
        try:
            shutil.move(payload, draft / provenance.file)
            (draft / PROVENANCE).write_text(provenance.to_json(), encoding="utf-8", newline="\n")
            if old.exists() and not folder.exists():  # an earlier run was killed right here
                old.replace(folder)
            shutil.rmtree(old, ignore_errors=True)
            if folder.exists():
                folder.replace(old)
            draft.replace(folder)
        except BaseException:
            if old.exists() and not folder.exists():
                old.replace(folder)
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return Snapshot(folder, folder / provenance.file, provenance)


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
    home = settings.raw_root / source_id
    days = {p.name: p for p in home.glob("*") if p.is_dir() and _DAY.fullmatch(p.name)}
    for kept in home.glob(".*.old"):  # a replacement was killed between its two moves
        day = kept.name[1:-4]
        if _DAY.fullmatch(day):
            days.setdefault(day, kept)
    if not days:
        return None
    folder = days[max(days)]
    cure = f"fetch it again with geo-ree fetch {source_id} --data {settings.data_root}"
    record = folder / PROVENANCE
    try:
        provenance = Provenance.from_json(record.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(f"{record} cannot be read: {error.strerror}", cure) from error
    except ValueError as error:
        raise SchemaError(f"{record} is damaged: {error}", cure) from error
    payload = folder / Path(provenance.file).name
    if not payload.is_file():
        raise SchemaError(f"{payload} is missing", cure)
    found = sha256_of(payload)
    if found != provenance.sha256:
        raise SchemaError(
            f"{payload} was changed or damaged: its sha256 is {found[:12]}…, "
            f"{PROVENANCE} says {provenance.sha256[:12]}…", cure,
        )  # fmt: skip
    return Snapshot(folder, payload, provenance)

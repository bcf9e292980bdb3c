"""The record beside a payload: where it came from, when, and its checksum."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

PROVENANCE = "provenance.json"
DAY_S = 86_400
_NUMBERS = {"bytes", "sequence"}


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
    sequence
        Place among the snapshots of the source, which grows with each whatever the clock says: the
        seconds since 1970 or, if that is not later, one more than in the snapshot before. 0 in records
        of older versions: their time counts.

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
    sequence: int = 0

    @property
    def is_future(self) -> bool:
        """Whether the payload was retrieved later than now by the clock of this machine."""
        return seconds_of(self.retrieved) > time.time() + DAY_S

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
        odd = [k for k, v in known.items() if not isinstance(v, int if k in _NUMBERS else str)]
        if odd:
            raise ValueError(f"{', '.join(odd)} has the wrong type")
        try:
            return cls(**known)
        except TypeError as error:
            raise ValueError(str(error).partition(") ")[2] or str(error)) from error


def seconds_of(text: str) -> int:
    """Give a time in ISO 8601 as seconds since 1970; 0 if it is none."""
    try:
        time_ = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return int((time_ if time_.tzinfo else time_.replace(tzinfo=UTC)).timestamp())

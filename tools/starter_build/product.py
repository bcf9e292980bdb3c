"""What every builder gives back, and the writing of files that are the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd

Row = Mapping[str, str]


class BuildError(ValueError):
    """A source of the starter is not what the builder expects; the message is one line."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """One starter file: where it came from and what was done to get it.

    Parameters
    ----------
    file
        Its name inside ``geo_ree/starter/``.
    source_id
        Its catalogue entry.
    rows
        Records in it (cells, for the elevation grid).
    built_from
        Input -> version or sha256.
    took, dropped, derived
        What -> number of records.
    remarks
        Lines for the maintainer: every choice that a reader may want to check.
    """

    file: str
    source_id: str
    rows: int
    built_from: Mapping[str, str]
    took: Mapping[str, int]
    dropped: Mapping[str, int] = field(default_factory=dict)
    derived: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def report(self) -> str:
        """Text for the terminal: counts first, then the remarks."""
        lines = [f"{self.file}: {self.rows} rows"]
        for word in ("took", "dropped", "derived"):
            counts: Mapping[str, int] = getattr(self, word)
            lines += [f"  {word} {number}: {what}" for what, number in counts.items()]
        return "\n".join([*lines, *(f"    {remark}" for remark in self.remarks)])


def slug(text: str) -> str:
    """Lower-case ASCII letters and digits, other characters as single hyphens.

    Examples
    --------
    >>> slug("Shartolgoi / Ulaan Del")
    'shartolgoi-ulaan-del'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def unique_slugs(names: Iterable[str]) -> list[str]:
    """Slugs of names, which must all differ.

    Raises
    ------
    ValueError
        When two names give one slug.
    """
    slugs = [slug(name) for name in names]
    twice = sorted({s for s in slugs if slugs.count(s) > 1})
    if twice:
        raise ValueError(f"names that give the same id: {', '.join(twice)}; tell them apart")
    return slugs


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a UTF-8 CSV as texts."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as UTF-8 CSV with LF; the first row's keys are the columns."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write a frame as GeoParquet, zstd at its highest usual level."""
    frame.to_parquet(path, index=False, compression="zstd", compression_level=19)

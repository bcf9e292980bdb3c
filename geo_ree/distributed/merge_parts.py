"""What workers do of a merge: names, pairs, deposits and their tables, each part by itself.

A record is known by its position: its number in the whole table.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from geo_ree.deposits.merging import (
    describe_members,
    describe_pairs,
    find_conflicts,
    merge_rows,
    name_deposits,
)
from geo_ree.deposits.pairs import BEST, compare_names, keep_best, key_of_names, name_table
from geo_ree.deposits.similarity import coordinates, judge_pairs
from geo_ree.distributed.parquet_parts import FilePart
from geo_ree.distributed.table_parts import Part, naming

NUMBERS = ("first", "second", "probability", "apart", *BEST)
"""Columns of compared pairs that are no texts."""

_COMPARED = (
    *("name", "aliases", "name_local", "source_id", "country", "kind", "commodities"),
    *("deposit_type", "position_error_m"),
)
_GROUP_ROWS = 8_192  # rows of a row group, of which a reader skips those without its share

Positions = NDArray[np.int64]


class Records(NamedTuple):
    """The parts of a table of records, and the position of the first record of each, then the number."""

    parts: tuple[FilePart, ...]
    starts: tuple[int, ...]

    def take(self, positions: Positions, columns: Sequence[str] | None = None) -> gpd.GeoDataFrame:
        """Read the records of sorted positions, with the index 0..n-1."""
        found = []
        for part, begin, end in zip(self.parts, self.starts, self.starts[1:], strict=False):
            a, b = np.searchsorted(positions, [begin, end])
            if a < b:
                with naming(part):
                    found.append(part.read(columns).iloc[positions[a:b] - begin])
        found = found or [self.parts[0].read(columns).iloc[:0]]
        return gpd.GeoDataFrame(pd.concat(found, ignore_index=True))


class PartTask(NamedTuple):
    """One part of all records."""

    records: Records
    number: int
    file: str = ""
    shares: int = 1

    def read(self, columns: Sequence[str] | None = None) -> gpd.GeoDataFrame:
        """Read the records of the part, with the index 0..n-1."""
        part = self.records.parts[self.number]
        with naming(part):
            return gpd.GeoDataFrame(part.read(columns).reset_index(drop=True))


class ShareTask(NamedTuple):
    """One of the shares of the names: names that begin with the same two consonants are in one."""

    files: tuple[str, ...]
    share: int
    shares: int


class RangeTask(NamedTuple):
    """The compared pairs whose first record lies in a range of positions; -1 for the stated links."""

    files: tuple[str, ...]
    links: str
    records: str
    begin: int
    end: int


class DraftTask(NamedTuple):
    """A file of deposits, and one of what is known of them by now."""

    draft: str
    known: str


def write_table(frame: pd.DataFrame, path: Path, **options: Any) -> None:
    """Write a table as (Geo)Parquet, texts as such even where all are missing."""
    frame = frame.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype == object or isinstance(frame[name].dtype, pd.StringDtype):
            numbers = name == "position_error_m"
            frame[name] = frame[name].astype("float64" if numbers else "str")
    frame.to_parquet(path, index=False, **options)


def read_tables(files: Sequence[str], **options: Any) -> pd.DataFrame:
    """Read plain Parquet files, one after another, as one table."""
    return pq.read_table(list(files), **options).to_pandas()


def write_records(part: Part, path: Path) -> None:
    """Write the records of one part of a table that is in no files."""
    write_table(gpd.GeoDataFrame(part.read()).reset_index(drop=True), path)


def write_names(task: PartTask, path: Path) -> None:
    """Write each record of a part once for each share that one of its names is in."""
    records = task.read(_COMPARED)
    forms = name_table(records)
    rows = pd.DataFrame({"share": _share_of(forms, task.shares), "row": forms["record"]})
    rows = rows.drop_duplicates().sort_values(["share", "row"])
    lon, lat = coordinates(records)
    plain = pd.DataFrame(records.drop(columns=records.geometry.name)).assign(lon=lon, lat=lat)
    out = plain.iloc[rows["row"].to_numpy()].assign(
        share=rows["share"].to_numpy(),
        position=rows["row"].to_numpy() + task.records.starts[task.number],
    )
    write_table(out, path, row_group_size=_GROUP_ROWS)


def _share_of(forms: pd.DataFrame, shares: int) -> NDArray[np.int64]:
    keys = key_of_names(forms)
    numbers = {key: zlib.crc32(key.encode()) % shares for key in keys.unique()}
    return keys.map(numbers).to_numpy(dtype=np.int64)


def write_pairs(task: ShareTask, path: Path) -> None:
    """Compare the names of one share: their pairs, how probable, and why."""
    found = read_tables(task.files, filters=[("share", "==", task.share)])
    found = found.sort_values("position", ignore_index=True)
    records = gpd.GeoDataFrame(found, geometry=shapely.points(found["lon"], found["lat"]))
    positions = records["position"].to_numpy()
    forms = name_table(records)
    pairs = judge_pairs(compare_names(records, forms, _share_of(forms, task.shares) == task.share))
    ends = {end: positions[pairs[end].to_numpy()] for end in ("first", "second")}
    texts = pairs["reasons"].astype("str")  # also where a share has no pairs
    out = pairs.assign(**ends, reasons=texts)[[*NUMBERS, "reasons"]].sort_values(
        ["first", "second"]
    )
    write_table(out, path, row_group_size=_GROUP_ROWS)


def write_drafts(task: PartTask, path: Path) -> None:
    """Merge the groups whose first record lies in a part: a row each."""
    records, groups, _ = _groups(task)
    write_table(merge_rows(name_deposits(records), groups)[0], path)


def write_values(task: PartTask, path: Path) -> None:
    """Write where the values of these deposits come from."""
    records, groups, _ = _groups(task)
    write_table(merge_rows(name_deposits(records), groups)[1], path)


def write_conflicts(task: PartTask, path: Path) -> None:
    """Write on what the records of these deposits disagree."""
    records, groups, copied = _groups(task)
    write_table(find_conflicts(records.assign(copy_of=copied), groups), path)


def _groups(task: PartTask) -> tuple[gpd.GeoDataFrame, list[list[int]], pd.Series]:
    """Read records, the groups as lists of their rows, and which record each repeats."""
    known = pd.read_parquet(task.file)
    records = task.records.take(known["position"].to_numpy())
    ordered = known.sort_values(["group", "rank"])
    edges = np.flatnonzero(np.diff(ordered["group"].to_numpy())) + 1
    groups = [rows.tolist() for rows in np.split(ordered.index.to_numpy(), edges) if len(rows)]
    return records, groups, _or_none(known["copy_of"])


def write_deposits(task: DraftTask, path: Path) -> None:
    """Write deposits with their role, ore field and the row that stands for it."""
    draft, known = gpd.read_parquet(task.draft), pd.read_parquet(task.known)
    write_table(draft.assign(**{str(name): texts for name, texts in known.items()}), path)


def write_members(task: PartTask, path: Path) -> None:
    """Write to which deposit each record of a part belongs."""
    known = pd.read_parquet(task.file)
    deposit = known["deposit"].to_numpy(dtype=object)
    write_table(describe_members(task.read(), deposit, _or_none(known["copy_of"])), path)


def write_compared(task: RangeTask, path: Path) -> None:
    """Write the pairs of some records, with ids, distance and whether they became one deposit."""
    pairs = pd.read_parquet(task.links)
    if task.begin >= 0:
        wanted = [("first", ">=", task.begin), ("first", "<", task.end)]
        found = keep_best(read_tables(task.files, filters=wanted))
        links = pd.MultiIndex.from_frame(pairs[["first", "second"]])
        pairs = found[~pd.MultiIndex.from_frame(found[["first", "second"]]).isin(links)]
    known = pd.read_parquet(task.records)
    numbers = (known[name].to_numpy() for name in ("group", "lon", "lat"))
    write_table(describe_pairs(pairs, known["id"].to_numpy(dtype=object), *numbers), path)


def _or_none(texts: pd.Series) -> pd.Series:
    """Texts as objects, None where there is none."""
    return texts.astype(object).where(texts.notna(), None)

"""Records merged into deposits, part by part, exactly as `geo_ree.merge` merges the whole table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree._version import __version__
from geo_ree.deposits.authority import rank_records
from geo_ree.deposits.districts import relate_deposits
from geo_ree.deposits.grouping import add_stated_links, form_groups
from geo_ree.deposits.merging import Merged, find_copied, lead_of, list_members
from geo_ree.deposits.pairs import keep_best
from geo_ree.deposits.similarity import coordinates
from geo_ree.distributed import merge_parts as work
from geo_ree.distributed.content_keys import content_key
from geo_ree.distributed.merge_parts import (
    NUMBERS,
    DraftTask,
    PartTask,
    RangeTask,
    Records,
    ShareTask,
)
from geo_ree.distributed.parquet_parts import FilePart
from geo_ree.distributed.partition_files import (
    Manifest,
    claim_folder,
    missing_parts,
    read_manifest,
)
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.table_parts import FramePart, Part, list_parts
from geo_ree.errors import SchemaError, import_extra
from geo_ree.storage.record_files import remove_record

TABLES = ("deposits", "members", "values", "conflicts", "pairs")
"""Tables of `Merged`, a folder each."""

ROWS = 50_000
"""Records of a part, unless a row group or a partition of Dask has more."""

_WORK = ".work"
_JOINED = (
    *("id", "source_id", "name", "aliases", "name_local", "commodities", "commodity_tier"),
    *("precision_class", "same_as", "admin_area", "deposit_type", "notes"),
)
_OBJECTS = ("role", "district", "part_of", "copy_of")

Run = Callable[..., list[Path]]


def merge(
    records: Any, out: Path | str, *, rows: int = ROWS, client: Any = None, tell: Tell | None = None
) -> Merged:
    """Find the records that are one deposit, and merge them into one row, part by part.

    The deposits, members, values, conflicts and pairs are those of `geo_ree.merge` on the whole table,
    whatever the parts and the workers. A second call does the rest of what a first one began.

    Parameters
    ----------
    records
        Rows of the canonical layer ``deposits``, the most trusted source first: a dask-geopandas frame,
        a GeoDataFrame, or the path of a GeoParquet file or of a folder of them.
    out
        Folder of the tables: ``deposits``, ``members``, ``values``, ``conflicts`` and ``pairs``, each a
        folder of (Geo)Parquet. On a cluster, all workers see it.
    rows
        Records of a part.
    client
        The client of `geo_ree.distributed.open_cluster`; by default all is done here.
    tell
        Called with lines of progress.

    Returns
    -------
    geo_ree.deposits.Merged
        Its tables are frames of Dask; `read_merged` reads them whole.

    Raises
    ------
    SchemaError
        When a column of the canonical layer is missing, or a file cannot be read.
    SettingsError
        When the folder holds something else, or cannot be written.
    GeoReeError
        When parts failed: they are named, and the others are done.

    Notes
    -----
    Names are compared where their first two consonants agree: these keys are dealt to the workers
    with all records that bear one, so that each pair is seen, and each frequency counted, whole. The
    best pair of names of two records is chosen among all keys by a stated order. A group never leaves
    the records that probable pairs connect. This process joins: links, groups, copies, ore fields; it
    holds 50 bytes a pair and some 500 bytes a record.

    Examples
    --------
    >>> import tempfile
    >>> import shapely
    >>> from geo_ree.schema import check_layer
    >>> rows = {"id": ["a:1", "b:7"], "source_id": ["a", "b"], "kind": "deposit",
    ...         "name": ["Made-up Ridge II", "Мадеуп-Ридж 2"], "role": "context",
    ...         "commodities": "REE", "commodity_group": "rare_earth",
    ...         "precision_class": "arc_minute", "position_error_m": 2000.0}
    >>> places = shapely.points([76.10, 76.14], [42.80, 42.80])
    >>> records = check_layer(gpd.GeoDataFrame(rows, geometry=places, crs=4326), "deposits")
    >>> merge(records, Path(tempfile.mkdtemp(), "merged")).deposits["sources"].compute().tolist()
    ['a:1;b:7']
    """
    import_extra("dask_geopandas", "dask")
    out = Path(out).absolute()
    parts = list_parts(records, "the records", rows=rows)
    key = content_key("merge", [part.stamp for part in parts])
    claim_folder(out, Manifest(f"{__version__}:{key}", "", ()))
    home = out / _WORK / key[:16]
    if home.exists() or not all(_finished(out / name) for name in TABLES):
        home.mkdir(parents=True, exist_ok=True)
        run = partial(run_partitions, key=key, client=client, tell=tell)
        _write_tables(_as_records(parts, rows, home, run), home, out, run)
        remove_record(home)
        shutil.rmtree(out / _WORK, ignore_errors=True)
    return _lazily(out)


def read_merged(out: Path | str) -> Merged:
    """Read what `merge` wrote, with the types that `geo_ree.merge` gives.

    Raises
    ------
    SchemaError
        When a table or a part of one is not there.

    Examples
    --------
    >>> read_merged("nowhere")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: nowhere/deposits is no finished table of a merge; give the folder of \
geo_ree.distributed.merge, or call that again
    """
    return Merged(**{name: _whole(Path(out) / name) for name in TABLES})


def _as_records(parts: Sequence[Part], rows: int, home: Path, run: Run) -> Records:
    """Write the parts of a table in memory into files, and number all records."""
    if not all(isinstance(part, FilePart) for part in parts):
        in_memory = {"client": None} if isinstance(parts[0], FramePart) else {}
        run(work.write_records, parts, home / "records", **in_memory)
        parts = list_parts(home / "records", "the records", rows=rows)
    files = tuple(part for part in parts if isinstance(part, FilePart))
    return Records(files, (0, *np.cumsum([part.rows for part in files]).tolist()))


def _write_tables(records: Records, home: Path, out: Path, run: Run) -> None:
    count = len(records.parts)
    shares = 2 * count
    tasks = [PartTask(records, i, shares=shares) for i in range(count)]
    names = tuple(map(str, run(work.write_names, tasks, home / "names")))
    files = run(
        work.write_pairs, [ShareTask(names, k, shares) for k in range(shares)], home / "compared"
    )
    joined = _Joined.of(records, files)
    tasks = joined.store(records, home)
    run(work.write_values, tasks, out / "values")
    run(work.write_conflicts, tasks, out / "conflicts")
    drafts = run(work.write_drafts, tasks, home / "drafts")
    run(work.write_deposits, joined.relate(drafts, home), out / "deposits")
    about = [task._replace(file=str(home / f"members-{task.number}.parquet")) for task in tasks]
    run(work.write_members, about, out / "members")
    texts, known = (
        tuple(map(str, files)),
        (str(home / "links.parquet"), str(home / "known.parquet")),
    )
    ends = [(-1, 0), *zip(records.starts, records.starts[1:], strict=False)]
    run(work.write_compared, [RangeTask(texts, *known, *end) for end in ends], out / "pairs")


@dataclass(frozen=True)
class _Joined:
    """What only the whole table says: groups, ranks, copies and stated links, from few columns."""

    records: gpd.GeoDataFrame
    links: pd.DataFrame
    group: np.ndarray
    rank: np.ndarray
    deposit: np.ndarray
    copied: pd.Series

    @classmethod
    def of(cls, records: Records, compared: Sequence[Path]) -> _Joined:
        """Join the records by all pairs that were compared."""
        few = records.take(np.arange(records.starts[-1]), _JOINED)
        numbers = work.read_tables([str(path) for path in compared], columns=[*NUMBERS])
        pairs = keep_best(numbers).assign(reasons="")
        pairs = add_stated_links(pairs.reset_index(drop=True), few)
        group, rank = form_groups(len(few), pairs), rank_records(few)
        lead = lead_of(group, list_members(group, rank))
        links = pairs[pairs["reasons"] != ""]
        columns = ["first", "second", "probability", "reasons"]
        deposit = few["id"].to_numpy(dtype=object)[lead]
        return cls(few, links[columns], group, rank, deposit, find_copied(few))

    def store(self, records: Records, home: Path) -> list[PartTask]:
        """Write what each part has to know; return the task of each."""
        lon, lat = coordinates(self.records)
        columns = {"id": self.records["id"], "group": self.group, "lon": lon, "lat": lat}
        work.write_table(pd.DataFrame(columns), home / "known.parquet")
        work.write_table(self.links, home / "links.parquet")
        of_groups = {"group": self.group, "rank": self.rank, "copy_of": self.copied}
        positions = np.arange(len(self.group))
        table = pd.DataFrame({"position": positions, **of_groups})
        about = pd.DataFrame({"deposit": self.deposit, "copy_of": self.copied})
        tasks = []
        for i, (begin, end) in enumerate(zip(records.starts, records.starts[1:], strict=False)):
            path = home / f"groups-{i}.parquet"
            own = (self.group >= begin) & (self.group < end)
            work.write_table(table[own], path)
            work.write_table(about.iloc[begin:end], home / f"members-{i}.parquet")
            tasks.append(PartTask(records, i, str(path)))
        return tasks

    def relate(self, drafts: Sequence[Path], home: Path) -> list[DraftTask]:
        """Find the ore fields among all deposits; return the task that adds them to each draft."""
        few = [pd.read_parquet(p, columns=["id", "sources", "role", "country"]) for p in drafts]
        related = relate_deposits(pd.concat(few, ignore_index=True), self.records)
        tasks, begin = [], 0
        for i, (draft, rows) in enumerate(zip(drafts, few, strict=True)):
            path = home / f"fields-{i}.parquet"
            own = related.iloc[begin : begin + len(rows)]
            work.write_table(own[["role", "district", "part_of"]].reset_index(drop=True), path)
            tasks.append(DraftTask(str(draft), str(path)))
            begin += len(rows)
        return tasks


def _lazily(out: Path) -> Merged:
    frames = import_extra("dask.dataframe", "dask")
    geo = import_extra("dask_geopandas", "dask")
    reads = {"deposits": geo.read_parquet, "members": geo.read_parquet}
    files = {name: str(out / name / "part-*.parquet") for name in TABLES}
    return Merged(**{n: reads.get(n, frames.read_parquet)(path) for n, path in files.items()})


def _finished(folder: Path) -> list[Path]:
    """Return the files of a table, none where any of them is missing."""
    manifest = read_manifest(folder)
    files = manifest.paths(folder) if manifest else []
    return [] if missing_parts(files) else files


def _whole(folder: Path) -> Any:
    files = _finished(folder)
    if not files:
        raise SchemaError(
            f"{folder} is no finished table of a merge",
            "give the folder of geo_ree.distributed.merge, or call that again",
        )
    geometry = folder.name in ("deposits", "members")
    read = gpd.read_parquet if geometry else pd.read_parquet
    frame = pd.concat([read(path) for path in files], ignore_index=True)
    for name in _OBJECTS:
        if name in frame:
            texts = frame[name].astype(object)
            frame[name] = texts.where(texts.notna(), None)
    if folder.name == "deposits":
        frame["position_error_m"] = frame["position_error_m"].astype(object)
    return gpd.GeoDataFrame(frame) if geometry else frame

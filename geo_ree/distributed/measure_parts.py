"""`measure` over partitions of deposits."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_ree.distributed.content_keys import content_key
from geo_ree.distributed.partition_files import read_answers, write_answers
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.table_parts import Part, list_parts, naming, read_whole
from geo_ree.errors import SchemaError, import_extra
from geo_ree.proximity import measures
from geo_ree.proximity.target_index import TargetIndex
from geo_ree.proximity.targets import Target, load_targets
from geo_ree.settings import Box
from geo_ree.storage.record_files import StoredRecord, write_record

ROWS = 100_000
"""Deposits of a partition, unless the input says otherwise."""

_CLASSES = ("geo_ree.proximity.targets:Target",)
_HIDDEN = ".layers"
_COLUMNS = ["country", "position_error_m", "precision_class"]


def measure(
    deposits: Any,
    layers: Mapping[str, Any],
    *,
    out: Path | str,
    client: Any = None,
    targets: Mapping[str, Target] | None = None,
    coverage: Mapping[str, frozenset[str]] | None = None,
    regions: Mapping[str, Sequence[Box]] | None = None,
    labels: Mapping[str, str] | None = None,
    feet: bool = False,
    rows: int = ROWS,
    tell: Tell | None = None,
) -> Any:
    """Measure geodesic distances from deposits to infrastructure, partition by partition.

    The columns and figures of `geo_ree.measure` on the whole table, to the last bit.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``: a dask-geopandas frame, the path of a GeoParquet file or of a
        folder of them, or a GeoDataFrame. Labels of the index are unique.
    layers
        Canonical layers by name, each in one of these forms. A worker holds all of them, and indexes the
        features of a country when it first needs them.
    out
        Folder for the answers, a Parquet file for each partition of the deposits. Call again with the same
        input to resume; a partition whose file has changed is measured again.
    client
        The client of `geo_ree.distributed.open_cluster`; by default all is done in this process.
    targets, coverage, regions, labels, feet
        See `geo_ree.measure`.
    rows
        Deposits at a time, where the partitions of the input are larger.
    tell
        Called with lines of progress, by default the log.

    Returns
    -------
    dask.dataframe.DataFrame
        On the index of the deposits, with the columns of `geo_ree.measure`. It reads the files in `out`.

    Raises
    ------
    GeoReeError
        When partitions failed (each is named with its cause, the others are done), the folder holds
        something else, or Dask is not installed.

    Examples
    --------
    >>> import tempfile, shapely
    >>> town = gpd.GeoDataFrame(
    ...     {"name": ["Kemin"], "kind": ["town"], "country": ["KGZ"], "source_id": ["x"],
    ...      "population": [9000]}, geometry=[shapely.Point(75.7, 42.79)], crs=4326)
    >>> mine = gpd.GeoDataFrame(
    ...     {"country": ["KGZ"], "position_error_m": [2000.0], "precision_class": ["arc_minute"]},
    ...     geometry=[shapely.Point(76.12, 42.86)], crs=4326)
    >>> table = measure(mine, {"settlements": town}, out=tempfile.mkdtemp()).compute()
    >>> float(table["dist_settlement_km"].round(1)[0])
    35.2
    """
    import_extra("dask.dataframe", "dask")
    out = Path(out).absolute()
    parts = list_parts(deposits, "the deposits", rows=rows)
    frames = {
        n: read_whole(layer, f"the {n}")
        for n, layer in layers.items()
        if not isinstance(layer, str | Path)
    }
    paths = {n: str(Path(layer).absolute()) for n, layer in layers.items() if n not in frames}
    files = {n: (path, _stamps(n, path)) for n, path in paths.items()}
    values = {
        "frames": frames,
        "files": files,
        "order": list(layers),
        "targets": dict(load_targets() if targets is None else targets),
        "coverage": {n: sorted(codes) for n, codes in (coverage or {}).items()},
        "regions": {n: [tuple(box) for box in boxes] for n, boxes in (regions or {}).items()},
        "labels": dict(labels or {}),
        "feet": feet,
    }
    key = content_key(values)
    home = out / _HIDDEN / key[:16]
    written = run_partitions(
        write_measures,
        [(part, home) for part in parts],
        out,
        key=f"measure {key}",
        stamps=[part.stamp for part in parts],
        prepare=lambda: write_record(home, {}, values, _CLASSES),
        client=client,
        tell=tell,
    )
    shutil.rmtree(out / _HIDDEN, ignore_errors=True)
    return read_answers(written, _types(written))


def write_measures(task: tuple[Part, Path], path: Path) -> None:
    """Write the distances of one part of the deposits."""
    part, home = task
    state, index = _opened(home)
    with naming(part):
        frame = part.read(_COLUMNS)
        found = measures.measure(
            frame, {}, index=index, labels=state.read("labels"), feet=state.read("feet")
        )
    write_answers(found, path)


@lru_cache(maxsize=1)
def _opened(home: Path) -> tuple[StoredRecord, TargetIndex]:
    """Read the layers and prepare their indexes, once in each worker."""
    state = StoredRecord(home, _CLASSES)
    frames, files = state.read("frames"), state.read("files")
    index = TargetIndex(
        {n: frames[n] if n in frames else _from_files(n, *files[n]) for n in state.read("order")},
        dict(state.read("targets")),
        coverage={n: frozenset(codes) for n, codes in state.read("coverage").items()},
        regions=dict(state.read("regions")),
    )
    return state, index


def _from_files(name: str, path: str, stamps: Sequence[str]) -> gpd.GeoDataFrame:
    """Read a layer, which has to be what it was when the job began."""
    if _stamps(name, path) != list(stamps):
        raise SchemaError(f"the {name} in {path} have changed meanwhile", "run the command again")
    return read_whole(path, f"the {name}")


def _stamps(name: str, path: str) -> list[str]:
    return [part.stamp for part in list_parts(path, f"the {name}")]


def _types(paths: Sequence[Path]) -> dict[str, str]:
    """Return the types of the columns of texts: where all of one are missing, its file cannot say."""
    out: dict[str, str] = {}
    for path in paths:
        for field in pq.read_schema(path):
            if pa.types.is_null(field.type):
                out.setdefault(field.name, "object")
            elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                out[field.name] = "str"
    return {name: kind for name, kind in out.items() if not name.startswith("__index")}

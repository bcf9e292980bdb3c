"""The child of `trial`: a script that parses one file with the libraries that could crash, and ends.

It imports those libraries only, and is run by its path, so that it starts quickly. It ends with
`REFUSED` and a line where the file is to be refused; ordinary errors are left to the parent, which
finds them again and words them.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

REFUSED = 77


def _limit(memory: int, seconds: int) -> None:
    """Limit this process; not every system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_AS, memory),
        ):
            hard = resource.getrlimit(kind)[1]
            soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (soft, hard))


def _refuse(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
    sys.exit(REFUSED)


def _try_batches(batches: Iterable[Any], most: int, size: int = 0) -> int:
    """Decode all geometries of record batches, and add up their bytes."""
    import pyarrow as pa
    import shapely

    for batch in batches:
        size += batch.nbytes
        if size > most:
            _refuse(f"expands to more than {most} bytes")
        for column in batch.columns:
            if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
                shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return size


def try_vector(path: Path, most: int, layer: str) -> None:
    """Read the named layer of a file, or all, as GDAL gives it; views are left out."""
    import pyarrow as pa
    import pyogrio
    from pyogrio.raw import open_arrow

    views = set()
    if path.suffix == ".gpkg":
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
            found = base.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
            views = {name.casefold() for (name,) in found}
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    chosen = [name for name in names if fnmatch(name.casefold(), layer.casefold())] or names
    size = 0
    for name in chosen:
        if name.casefold() not in views:
            with open_arrow(path, layer=name) as (_, stream):
                size = _try_batches(pa.RecordBatchReader.from_stream(stream), most, size)


def try_parquet(path: Path, most: int, _: str) -> None:
    """Read all row groups of a Parquet file."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        _try_batches(file.iter_batches(batch_size=4096), most)


def try_workbook(path: Path, most: int, _: str) -> None:
    """Lay out all worksheets of a workbook, one at a time."""
    import python_calamine as calamine

    with calamine.CalamineWorkbook.from_path(path) as book:
        for name in book.sheet_names:
            with contextlib.suppress(Exception):  # a sheet of charts
                size = 0
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for row in rows:
                    size += sum(len(cell) for cell in row if isinstance(cell, str))
                    if size > most:
                        _refuse(f"has more than {most} characters in one worksheet")


KINDS: dict[str, Callable[[Path, int, str], None]] = {
    "vector": try_vector,
    "parquet": try_parquet,
    "workbook": try_workbook,
}


def main(kind: str, path: str, layer: str, most: int, memory: int, seconds: int) -> None:
    """Try a file; say on standard output why it is to be refused."""
    _limit(memory, seconds)
    for name in ("pandas", "geopandas"):  # pyogrio would load them, for two thirds of the time
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        KINDS[kind](Path(path), most, layer)
    except MemoryError:
        _refuse(f"needs more than {memory} bytes of memory")
    except Exception:  # noqa: BLE001 - the parent finds it again
        return
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        _refuse("cannot be read: its reader broke down")  # a panic in Rust


if __name__ == "__main__":
    _kind, _path, _layer, *_numbers = sys.argv[1:]
    main(_kind, _path, _layer, *map(int, _numbers))

"""Reading the data that come with the package."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.delimited import parse_csv
from geo_ree.ingest.tables import finished, numbered
from geo_ree.ingest.vectors import read_parquet

_CURE = "reinstall geo_ree"


def read_starter(path: Path, source: Source) -> pd.DataFrame:
    """Open a file of the starter data: CSV or (Geo)Parquet.

    Parameters
    ----------
    path
        The file, as `geo_ree.storage.starter_path` gives it.
    source
        Its catalogue entry. Child tables lie beside the file.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.ingest.read` describes it.

    Raises
    ------
    SchemaError
        When the file is missing, damaged, or lacks a column.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> read_starter(Path("gone.csv"), load_catalog()["usgs_ree"])
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: gone.csv cannot be read (No such file or directory); \
reinstall geo_ree
    """
    if path.suffix == ".csv":
        frame = _table(path, source)
    else:
        _bytes_of(path, source, most=0)
        frame = numbered(read_parquet(path, where=f"{source.id}: {path.name}", cure=_CURE))
    return finished(
        frame, source, lambda member: _table(path.with_name(member), source),
        where=f"starter/{path.name}", cure=_CURE,
    )  # fmt: skip


def _table(path: Path, source: Source) -> pd.DataFrame:
    where = f"{source.id}: starter/{path.name}"
    return parse_csv(_bytes_of(path, source), source.reader.encodings, where=where, cure=_CURE)


def _bytes_of(path: Path, source: Source, most: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path.name} cannot be read ({error.strerror})", _CURE
        ) from error

"""Reading the data that come with the package."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.tables import build_table, check_columns, check_rows

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
        return build_table(
            source,
            path.name,
            lambda member: _bytes_of(path.with_name(member), source),
            where="starter",
            cure=_CURE,
        )
    _bytes_of(path, source, most=0)
    try:
        frame = _parquet(path)
    except (OSError, ValueError, KeyError) as error:
        line = " ".join(str(error).split())[:160]
        raise SchemaError(f"{source.id}: {path.name} is damaged ({line})", _CURE) from error
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    check_columns(source, frame.columns, path.name, cure=_CURE)
    check_rows(source, frame, path.name, cure=_CURE)
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return gpd.read_parquet(path)
    except ValueError as error:
        if "geo metadata" not in str(error):
            raise
    return pd.read_parquet(path)


def _bytes_of(path: Path, source: Source, most: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path.name} cannot be read ({error.strerror})", _CURE
        ) from error

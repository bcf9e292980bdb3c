"""The partitions of a table: row groups of GeoParquet, partitions of a dask-geopandas frame, slices of a frame."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo_ree.crs import Floats
from geo_ree.distributed.parquet_parts import FilePart, check_columns, file_parts, join_blocks
from geo_ree.errors import GeoReeError, SchemaError, import_extra
from geo_ree.proximity.point_blocks import read_points

ROWS = 1_000_000
"""Rows of a partition, unless a row group or a partition of Dask has more."""


@dataclass(frozen=True)
class FramePart:
    """Rows of a frame in memory."""

    frame: gpd.GeoDataFrame
    name: str

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.frame)

    @cached_property
    def stamp(self) -> str:
        """Hash of all that it holds."""
        other = pd.DataFrame(self.frame.drop(columns=self.frame.geometry.name))
        digest = hashlib.sha256(pickle.dumps([other.index, other, str(self.frame.crs)]))
        for text in shapely.to_wkb(self.frame.geometry.to_numpy()):
            digest.update(text or b"-")
        return digest.hexdigest()[:32]

    def read(self, columns: Sequence[str] | None = None, *, geometry: bool = True) -> pd.DataFrame:
        """Return columns, by default all, and the geometry."""
        return _chosen(self.frame, columns, self.name, geometry=geometry)

    def points(self) -> tuple[Floats, Floats, pd.Index]:
        """Return longitudes, latitudes and labels."""
        return _points_of(self.frame.geometry)

    def labels(self) -> pd.Index:
        """Return the labels of its rows."""
        return self.frame.index


@dataclass(frozen=True)
class GraphPart:
    """One partition of a dask-geopandas frame: the tasks that make it."""

    graph: dict[Any, Any]
    key: Any
    name: str
    stamp: str
    crs: Any  # what the frame says

    def read(self, columns: Sequence[str] | None = None, *, geometry: bool = True) -> pd.DataFrame:
        """Make it, and return columns, by default all, and the geometry."""
        return _chosen(self._made(), columns, self.name, geometry=geometry)

    def points(self) -> tuple[Floats, Floats, pd.Index]:
        """Return longitudes, latitudes and labels."""
        return _points_of(self.read([]).geometry)

    def labels(self) -> pd.Index:
        """Return the labels of its rows."""
        return self._made().index

    def _made(self) -> Any:
        frame = import_extra("dask", "dask").get(self.graph, self.key)
        if not len(frame):
            raise SchemaError("it has no rows", "repartition the frame")
        crs = getattr(frame, "crs", None)
        if crs != self.crs:
            raise SchemaError(
                f"its reference system is {crs}, that of the frame {self.crs}",
                "bring all partitions into the same one",
            )
        return frame


Part = FilePart | FramePart | GraphPart


def list_parts(table: Any, what: str, *, rows: int = ROWS) -> list[Part]:
    """Return the partitions of a table, in the order of its rows.

    Parameters
    ----------
    table
        A dask-geopandas frame, a GeoDataFrame or GeoSeries, or the path of a GeoParquet file or of a
        folder of them. Files follow each other as their names do, with numbers in the order of numbers.
        Files that have no labels of their own are numbered on from one to the next. Or a list of
        partitions, which is returned.
    what
        What it is, in errors.
    rows
        Rows that are taken together, where the input does not say it.

    Raises
    ------
    SchemaError
        When there is nothing, or no GeoParquet file.
    """
    if isinstance(table, list) and all(isinstance(part, Part) for part in table):
        parts: list[Part] = table
    elif isinstance(table, str | Path):
        parts = [*file_parts(Path(table), what, rows)]
    elif isinstance(table, gpd.GeoDataFrame | gpd.GeoSeries):
        frame = table.to_frame("geometry") if isinstance(table, gpd.GeoSeries) else table
        parts = [
            FramePart(
                frame.iloc[i : i + rows], f"{what}, rows {i + 1} to {min(i + rows, len(frame))}"
            )
            for i in range(0, len(frame), rows)
        ]
    elif hasattr(table, "__dask_graph__"):
        parts = _graph_parts(table, what)
    else:
        raise SchemaError(
            f"{what} are a {type(table).__name__}",
            "give a dask-geopandas frame, a GeoDataFrame or the path of GeoParquet files",
        )
    if not parts:
        raise SchemaError(f"{what} have no rows", "give a table with at least one")
    return parts


def read_whole(table: Any, what: str) -> Any:
    """Read a table into memory: partitions and files are joined, anything else is returned as it is."""
    if hasattr(table, "__dask_graph__"):
        return table.compute()
    if not isinstance(table, str | Path):
        return table
    tables = []
    for part in list_parts(table, what):
        with naming(part):
            tables.append(part.read())
    return pd.concat(tables)


def _graph_parts(table: Any, what: str) -> list[Part]:
    cull = import_extra("dask.optimization", "dask").cull
    whole = table.optimize()
    graph, crs = dict(whole.__dask_graph__()), getattr(whole._meta, "crs", None)
    out: list[Part] = []
    for i, key in enumerate(whole.__dask_keys__()):
        tasks, _ = cull(graph, [key])
        out.append(GraphPart(tasks, key, f"{what}, partition {i}", f"{whole._name}-{i}", crs))
    return out


def _points_of(series: gpd.GeoSeries) -> tuple[Floats, Floats, pd.Index]:
    blocks, _ = read_points(series, None, None, None)
    return *join_blocks(blocks), series.index


def _chosen(
    frame: Any, columns: Sequence[str] | None, name: str, *, geometry: bool
) -> pd.DataFrame:
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        raise SchemaError(f"{name} has no geometry", "give a dask-geopandas frame")
    whole = frame.to_frame("geometry") if isinstance(frame, gpd.GeoSeries) else frame
    own = whole.geometry.name
    if columns is not None:
        check_columns(columns, whole.columns, name)
        whole = whole[[*(n for n in columns if n != own), own]]
    return whole if geometry else pd.DataFrame(whole.drop(columns=own))


@contextmanager
def naming(part: Part) -> Iterator[None]:
    """Put the name of a part before what is wrong with it.

    Examples
    --------
    >>> part = FramePart(gpd.GeoDataFrame(), "the points, rows 1 to 5")
    >>> with naming(part):
    ...     raise SchemaError("row 3 is a Polygon", "give points")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: the points, rows 1 to 5: row 3 is a Polygon; give points
    """
    try:
        yield
    except GeoReeError as error:
        raise SchemaError(f"{part.name}: {error.what}", error.hint) from error

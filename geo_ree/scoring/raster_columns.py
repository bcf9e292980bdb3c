"""The columns that criteria take from rasters, read where a table lacks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, to_store
from geo_ree.errors import ScoreError
from geo_ree.scoring.criteria import Criterion
from geo_ree.scoring.model import ScoreModel
from geo_ree.storage import sha256_of

Table = TypeVar("Table", bound=pd.DataFrame)

DECIMALS = 6
"""Of the values read: the published column scores as the run did."""


def raster_criteria(model: ScoreModel) -> list[Criterion]:
    """The criteria of a model, optional ones too, that a raster gives."""
    return [c for c in (*model.criteria, *model.optional) if c.raster is not None]


def add_raster_columns(table: Table, model: ScoreModel) -> Table:
    """Add the columns of a model's rasters that a table lacks, read at its points.

    Raises a ScoreError when the table has no points to read a raster at.
    """
    lost = [c for c in raster_criteria(model) if c.column not in table.columns]
    if not lost:
        return table
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        raise ScoreError(
            f"criteria.{lost[0].name} reads a raster, and the table has no points to read it at",
            f"give a GeoDataFrame of points, or the column {lost[0].column}",
        )
    points = to_store(
        table.geometry.to_frame("geometry").set_geometry("geometry"), what="the table"
    )
    known = points.geom_type == "Point"
    if not (known | points.geometry.isna() | points.geometry.is_empty).all():
        raise ScoreError(
            f"criteria.{lost[0].name} reads a raster at points, and the table has other geometries",
            "use their representative points",
        )
    lon, lat = (np.full(len(table), np.nan) for _ in range(2))
    rows = known.to_numpy() & ~points.geometry.is_empty.to_numpy()
    lon[rows], lat[rows] = points.geometry[rows].x, points.geometry[rows].y
    return table.assign(**read_rasters_at(lost, lon, lat))


def read_rasters_at(criteria: Sequence[Criterion], lon: Floats, lat: Floats) -> dict[str, Any]:
    """Read the rasters of criteria at places in degrees: column -> values of that shape."""
    return {
        c.column: c.raster.read(lon, lat).round(DECIMALS) + 0.0  # + 0.0 turns -0.0 into 0.0
        for c in criteria
        if c.raster is not None
    }


def describe_rasters(model: ScoreModel) -> dict[str, dict[str, Any]]:
    """What a run says of the rasters of its model: criterion -> file, checksum, band and method."""
    return {
        c.name: {
            "file": Path(c.raster.path).name,
            "sha256": sha256_of(Path(c.raster.path)),
            "band": c.raster.band,
            "method": c.raster.method,
        }
        for c in raster_criteria(model)
        if c.raster is not None
    }


def by_content(model: ScoreModel) -> ScoreModel:
    """A model whose rasters bear their checksums in place of their paths, to identify it by."""

    def named(criterion: Criterion) -> Criterion:
        raster = criterion.raster
        if raster is None:
            return criterion
        return replace(criterion, raster=replace(raster, path=sha256_of(Path(raster.path))))

    return replace(
        model,
        criteria=tuple(named(c) for c in model.criteria),
        optional=tuple(named(c) for c in model.optional),
    )

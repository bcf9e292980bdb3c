"""Windows of rasters that lie on disk, in any reference system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from rasterio.windows import Window as Part

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SettingsError
from geo_ree.ingest.cog_mosaic import MAX_PIXELS
from geo_ree.ingest.protocol import Box
from geo_ree.ingest.raster import open_raster, read_part

_OFF_GRID = 0.01
"""Share of a pixel by which two files of one grid may be off."""


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A part of a raster on disk.

    Parameters
    ----------
    array
        Values, shape (rows, columns), float32, from north to south; NaN where there is no data.
    transform
        From (column, row) to the coordinates of `crs`.
    crs
        Reference system of the file.
    """

    array: NDArray[np.float32]
    transform: Affine
    crs: Any


def cut_rasters(paths: Sequence[Path], box: Box, source: Source) -> Cutout:
    """Read the part of rasters on disk that lies in a box, in their own grid.

    Parameters
    ----------
    paths
        GeoTIFFs of one band, for instance the windows that were fetched of one source. The grid
        is that of the first one that the box meets; others of the same grid fill what it lacks.
    box
        West, south, east, north in degrees; not over the antimeridian.
    source
        Their catalogue entry.

    Returns
    -------
    Cutout
        Every pixel that the box touches, and one more around, with the scale and offset of the
        file put to use. One pixel of NaN as large as the box where no file has any.

    Raises
    ------
    SchemaError
        When a file is none of the kind, or is cut short.
    SettingsError
        When the box has more than `geo_ree.ingest.cog_mosaic.MAX_PIXELS`.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> from geo_ree.storage import starter_path
    >>> entry = load_catalog()["starter_elevation"]
    >>> part = cut_rasters([starter_path("elevation.tif")], (76.9, 43.2, 77.0, 43.3), entry)
    >>> part.array.shape, bool(600 < np.median(part.array) < 3000)
    ((4, 4), True)
    """
    found: Cutout | None = None
    for path in paths:
        with open_raster(path, source) as dataset:
            part = _cut(dataset, box, source) if found is None else _beside(dataset, found)
            if part is None:
                continue
            values = _values(dataset, part, source)
            step, crs = dataset.transform, dataset.crs
        if found is None:
            x, y = step.c + part.col_off * step.a, step.f + part.row_off * step.e
            corner = Affine(step.a, 0.0, x, 0.0, step.e, y)
            found = Cutout(array=values, transform=corner, crs=crs)
        else:
            np.copyto(found.array, values, where=np.isnan(found.array))
        if not np.isnan(found.array).any():
            break
    if found is not None:
        return found
    west, south, east, north = box
    corner = Affine(east - west, 0.0, west, 0.0, south - north, north)
    return Cutout(array=np.full((1, 1), np.nan, np.float32), transform=corner, crs=STORE_CRS)


def _cut(dataset: DatasetReader, box: Box, source: Source) -> Part | None:
    """The pixels of a file that a box touches, and one around; None where they are apart."""
    west, south, east, north = transform_bounds(STORE_CRS, dataset.crs, *box, densify_pts=21)
    step = dataset.transform
    if not np.isfinite([west, south, east, north]).all():
        return None
    columns = [(x - step.c) / step.a for x in (west, east)]
    rows = [(y - step.f) / step.e for y in (north, south)]
    if columns[1] < 0 or rows[1] < 0 or columns[0] > dataset.width or rows[0] > dataset.height:
        return None
    left, top = int(np.floor(columns[0])) - 1, int(np.floor(rows[0])) - 1
    part = Part(left, top, int(np.ceil(columns[1])) + 1 - left, int(np.ceil(rows[1])) + 1 - top)
    if part.width * part.height > MAX_PIXELS:
        raise SettingsError(
            f"{source.id}: the box {','.join(f'{edge:g}' for edge in box)} has "
            f"{part.width * part.height} pixels, at most {MAX_PIXELS} are read at once",
            "give a smaller box",
        )
    return part


def _beside(dataset: DatasetReader, found: Cutout) -> Part | None:
    """The same pixels in another file; None where it has another grid."""
    step, place = dataset.transform, found.transform
    same = np.allclose((step.a, step.e), (place.a, place.e), rtol=1e-9, atol=0.0)
    if not same or dataset.crs != found.crs:
        return None
    column, row = (place.c - step.c) / step.a, (place.f - step.f) / step.e
    if max(abs(column - round(column)), abs(row - round(row))) > _OFF_GRID:
        return None
    rows, columns = found.array.shape
    return Part(round(column), round(row), columns, rows)


def _values(dataset: DatasetReader, part: Part, source: Source) -> NDArray[np.float32]:
    """Values of a part that may reach beyond the file."""
    out = np.full((int(part.height), int(part.width)), np.nan, dtype=np.float32)
    top, left = max(part.row_off, 0), max(part.col_off, 0)
    bottom = min(part.row_off + part.height, dataset.height)
    right = min(part.col_off + part.width, dataset.width)
    if top < bottom and left < right:
        rows = slice(top - part.row_off, bottom - part.row_off)
        out[rows, left - part.col_off : right - part.col_off] = read_part(
            dataset, Part(left, top, right - left, bottom - top), source
        )
    return out

"""Rasters of scores: proximity rasters combined cell by cell."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import SchemaError, ScoreError
from geo_ree.reading.geotiffs import open_geotiff
from geo_ree.reading.mosaics import Mosaic
from geo_ree.scoring import ScoreModel
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.contributions import criterion_values, enough_known, known_weights
from geo_ree.storage.geotiff import BLOCK, Piece, RasterLayout, Singles, write_cog

logger = logging.getLogger(__name__)

_KILOMETRES = {"m": 1e-3, "km": 1.0}
_BANDS = (("infrastructure access score, 0 to 100", "points"), ("weight of what is unknown", "%"))
_STEPS = (1 / 32, 1 / 4)
_METHOD = (
    "of each cell by itself, from its distances: the value of each criterion, then the aggregate; "
    "an unknown criterion is left out and its weight divided among the others; a veto makes the "
    "score 0; scores are rounded to 1/32 point, weights to 1/4 %; overviews hold single cells"
)


@dataclass(frozen=True)
class Suitability:
    """A raster of scores and what it was made of.

    Attributes
    ----------
    path
        The file.
    model
        The score model, with its weights.
    left_out
        Columns of the model without a surface: unknown everywhere.
    """

    path: Path
    model: ScoreModel
    left_out: tuple[str, ...]


def suitability(
    surfaces: Mapping[str, Path | str],
    model: ScoreModel,
    path: Path | str,
    *,
    tags: Mapping[str, str] | None = None,
) -> Suitability:
    """Combine proximity rasters into a raster of scores.

    A cell has the score that `geo_ree.scoring.score` gives to a row of the same distances. The
    file is a Cloud-Optimized GeoTIFF of two bands: the score (0 to 100, no data where nothing is
    known; to 1/32 point) and the weight, in per cent, of what is unknown (to 1/4 %).

    Parameters
    ----------
    surfaces
        Column of the model (``"dist_railway_km"``) -> file of distances in metres or
        kilometres, all on one grid; see `geo_ree.proximity.surface`: a GeoTIFF, or the VRT of
        `geo_ree.distributed.surface`. A column without a surface
        is unknown everywhere: its weight is divided among the others, and its vetoes never apply.
    model
        The score model, with the set of weights to use: see `with_variant`.
    path
        File to write, complete or not at all.
    tags
        Further tags of the file, for example the id of a run.

    Returns
    -------
    Suitability

    Raises
    ------
    ScoreError
        When there is no surface, one is not a column of the model, cannot be read, lies on another
        grid, has no unit or a negative distance; or when the aggregate is TOPSIS, which compares
        alternatives and cannot score a cell by itself.
    SettingsError
        When the file cannot be written.

    Notes
    -----
    Cost: linear in the cells. Memory: about 100 MB, whatever the size.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> folder = Path(tempfile.mkdtemp())
    >>> raster = RasterLayout(2, 1, (0.5, 0, 76, 0, -0.5, 43), (("to the nearest railway", "m"),))
    >>> write_cog(folder / "rail.tif", raster, [(0, 0, np.float32([[[50_000, np.nan]]]))])
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> made = suitability({"dist_railway_km": folder / "rail.tif"}, model, folder / "score.tif")
    >>> with rasterio.open(made.path) as scores:
    ...     scores.read(1).tolist()
    [[50.0, nan]]
    """
    with opened_surfaces(surfaces, model) as opened:
        left_out = columns_left_out(opened, model)
        raster = describe_scores(opened, model, left_out, tags)
        write_cog(Path(path), raster, score_pieces(opened, model))
    return Suitability(Path(path), model, left_out)


@contextmanager
def opened_surfaces(
    surfaces: Mapping[str, Path | str], model: ScoreModel
) -> Iterator[Mapping[str, Any]]:
    """Open the surfaces of `suitability`, checked: they lie on one grid, and the model has them."""
    _check(surfaces, model)
    with ExitStack() as stack:
        opened = {c: _opened(stack, Path(p)) for c, p in surfaces.items()}
        first = next(iter(opened.values()))
        for each in opened.values():
            _check_grid(each, first)
        yield opened


def columns_left_out(surfaces: Mapping[str, Any], model: ScoreModel) -> tuple[str, ...]:
    """Return the columns of a model that have no surface, and warn of those that it weighs."""
    left_out = tuple(c for c in model.columns if c not in surfaces)
    missing = model.columns_used & {*left_out}
    if missing:
        logger.warning(
            "no surface of %s: unknown everywhere, its weight is divided among the others",
            ", ".join(sorted(missing)),
        )
    return left_out


def describe_scores(
    opened: Mapping[str, Any],
    model: ScoreModel,
    left_out: tuple[str, ...],
    tags: Mapping[str, str] | None,
) -> RasterLayout:
    """Describe the raster of the scores."""
    first = next(iter(opened.values()))
    return RasterLayout(
        first.width,
        first.height,
        tuple(first.transform)[:6],
        _BANDS,
        {**_tags(opened, model, left_out), **(tags or {})},
        steps=_STEPS,
    )


def score_cells(distances_km: Mapping[str, Floats], model: ScoreModel) -> tuple[Floats, Floats]:
    """Score cells by their distances, exactly as `geo_ree.scoring.score` scores rows.

    `distances_km` has kilometres by column of the model, shape (n,), NaN where unknown; a missing
    column is unknown. The aggregate is the weighted sum or product. Returns the score, NaN where
    too little is known and no veto applies, and the weight of what is unknown (%).
    """
    n = len(next(iter(distances_km.values())))
    nowhere, index = np.full(n, np.nan), pd.RangeIndex(n)
    values = np.stack(
        [
            criterion_values(c, distances_km.get(c.column, nowhere), model, index)
            for c in model.criteria
        ]
    )
    shares = model.shares
    total = np.minimum(100.0 * METHODS[model.aggregate](values, shares, None), 100.0)
    known, without = known_weights(values, model)
    unknown = np.minimum(100.0 * without, 100.0)
    total[~enough_known(known, model)] = np.nan
    for veto in model.vetoes:
        total[veto.applies(distances_km.get(veto.column, nowhere))] = 0.0
    return total, unknown


def _check(surfaces: Mapping[str, Path | str], model: ScoreModel) -> None:
    where = model.origin or model.name
    if model.aggregate == "topsis":
        raise ScoreError(
            f"{where}: the aggregate is topsis, which compares the rows of a table and cannot score "
            "one cell by itself",
            "use weighted_sum or weighted_product",
        )
    used = {c.column for c in model.criteria if c.weight > 0}
    if not used & {*surfaces}:
        raise ScoreError(
            f"{where}: there is a surface of {', '.join(surfaces) or 'nothing'}",
            f"give at least one of {', '.join(sorted(used))}",
        )
    odd = sorted({*surfaces} - {*model.columns})
    if odd:
        raise ScoreError(
            f"{where}: the model has no column {', '.join(odd)}",
            f"leave it out, or use one of {', '.join(model.columns)}",
        )


def _opened(stack: ExitStack, path: Path) -> Any:
    try:
        if path.suffix == ".vrt":
            return Mosaic(path)
        return stack.enter_context(open_geotiff(path))
    except (RasterioError, SchemaError) as error:
        raise ScoreError(
            f"{path} cannot be read: {error}", "make it with geo-ree surface"
        ) from error


def _check_grid(each: Any, first: Any) -> None:
    found, expected = (
        (d.width, d.height, tuple(round(v, 9) for v in d.transform[:6])) for d in (each, first)
    )
    if (
        found != expected
        or each.crs != first.crs
        or each.crs != rasterio.CRS.from_string(STORE_CRS)
    ):
        raise ScoreError(
            f"{each.name} has {each.width} x {each.height} cells over {tuple(each.bounds)} in "
            f"{each.crs}, {first.name} {first.width} x {first.height} over {tuple(first.bounds)}",
            f"make all with the same box and resolution, in {STORE_CRS}",
        )
    if each.units[0] not in _KILOMETRES:
        raise ScoreError(
            f"{each.name}: the unit of the band is {each.units[0]!r}", "give distances in m or km"
        )


def score_pieces(
    opened: Mapping[str, Any], model: ScoreModel, window: Window | None = None
) -> Iterator[Piece]:
    """Yield the scores of a window that begins at a block, by default of all cells, block by block."""
    first = next(iter(opened.values()))
    at = window or Window(0, 0, first.width, first.height)
    for row in range(0, at.height, BLOCK):
        for column in range(0, at.width, BLOCK):
            rows, columns = min(BLOCK, at.height - row), min(BLOCK, at.width - column)
            block = Window(at.col_off + column, at.row_off + row, columns, rows)
            distances = {c: _kilometres(d, block) for c, d in opened.items()}
            both = np.stack(score_cells(distances, model))
            out: Singles = both.reshape(2, rows, columns).astype(np.float32)
            yield row, column, out


def _kilometres(opened: Any, window: Window) -> Floats:
    try:
        read = opened.read(1, window=window, masked=True)
    except (RasterioError, SchemaError) as error:
        raise ScoreError(f"{opened.name} cannot be read: {error}", "make it again") from error
    metres = np.ma.filled(read.astype(np.float64), np.nan)
    return np.asarray(metres * _KILOMETRES[opened.units[0]]).ravel()


def _tags(
    opened: Mapping[str, Any], model: ScoreModel, left_out: tuple[str, ...]
) -> dict[str, str]:
    tags = [d.tags() for d in opened.values()]
    joined = {
        name: "; ".join(dict.fromkeys(t[name] for t in tags if name in t)) or "not stated"
        for name in ("sources", "attribution")
    }
    measured = "; ".join(f"{c}: {d.descriptions[0]}" for c, d in opened.items())
    return {
        "model": str(model),
        "surfaces": measured,
        "left_out": ", ".join(left_out) or "nothing",
        "method": _METHOD,
        "uncertainty": "that of the distances is not in the score: a screening, not a survey",
        **joined,
    }

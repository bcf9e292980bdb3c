"""Distances to many things, cell by cell, combined into one score: where stages meet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_ree.catalog import Source
from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import ScoreError, SettingsError
from geo_ree.pipeline.layers import layer_coverage, read_layers
from geo_ree.proximity import Grid, Target, load_targets, surface
from geo_ree.proximity.grid import Box, make_grid
from geo_ree.proximity.reach import numbers
from geo_ree.scoring import ScoreModel, load_preset
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.contributions import criterion_values
from geo_ree.settings import REGION, Options, Settings
from geo_ree.storage.geotiff import BLOCK, Piece, RasterLayout, Singles, write_cog

logger = logging.getLogger(__name__)


_KILOMETRES = {"m": 1e-3, "km": 1.0}
_BANDS = (("infrastructure access score, 0 to 100", "points"), ("weight of what is unknown", "%"))
_METHOD = (
    "of each cell by itself, from its distances: the value of each criterion, then the aggregate; "
    "an unknown criterion is left out and its weight shared out among the others; what a veto "
    "rules out has 0; overviews are means of the known cells below"
)


@dataclass(frozen=True)
class Suitability:
    """What a raster of scores was made of.

    Parameters
    ----------
    path
        The file.
    model
        The model it was scored by, with its weights.
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
    known) and the weight, in per cent, of what is unknown.

    Parameters
    ----------
    surfaces
        Column of the model (``"dist_railway_km"``) -> file of distances in metres or
        kilometres, all on one grid; see `geo_ree.proximity.surface`. A column without a surface
        is unknown everywhere: its weight is shared out, and its vetoes never strike.
    model
        What to score by, its set of weights in force: see `with_variant`.
    path
        File to write, whole or not at all.
    tags
        What else the file is to say of itself, for instance the id of a run.

    Returns
    -------
    Suitability

    Raises
    ------
    ScoreError
        When there is no surface, one is of no use to the model, cannot be read, lies on
        another grid, has no unit or a negative distance; or when the aggregate is TOPSIS, which
        compares alternatives and says nothing of one by itself.
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
    _check(surfaces, model)
    left_out = tuple(c for c in model.columns if c not in surfaces)
    missed = _felt(model) & {*left_out}
    if missed:
        logger.warning(
            "no surface of %s: unknown everywhere, its weight is shared out",
            ", ".join(sorted(missed)),
        )
    with ExitStack() as stack:
        opened = {c: _opened(stack, Path(p)) for c, p in surfaces.items()}
        first = next(iter(opened.values()))
        for each in opened.values():
            _check_grid(each, first)
        raster = RasterLayout(
            first.width,
            first.height,
            tuple(first.transform)[:6],
            _BANDS,
            {**_tags(opened, model, left_out), **(tags or {})},
        )
        write_cog(Path(path), raster, _pieces(opened, model))
    return Suitability(Path(path), model, left_out)


def score_cells(distances_km: Mapping[str, Floats], model: ScoreModel) -> tuple[Floats, Floats]:
    """Score cells by their distances, as `geo_ree.scoring.score` does rows.

    Parameters
    ----------
    distances_km
        Column of the model -> kilometres, shape (n,), NaN where unknown; a column that is
        missing is unknown.
    model
        Its aggregate is the weighted sum or the weighted product.

    Returns
    -------
    score, unknown_weight_pct : numpy.ndarray of float64
        Shape (n,); the score NaN where nothing is known and nothing rules out.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Linear
    >>> model = ScoreModel((Criterion("road", "dist_road_km", Linear(100), 1.0),))
    >>> [v.tolist() for v in score_cells({"dist_road_km": np.array([25.0, np.nan])}, model)]
    [[75.0, nan], [0.0, 100.0]]
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
    unknown = np.minimum(100.0 * (shares @ np.isnan(values)), 100.0)
    for veto in model.vetoes:
        total[veto.applies(distances_km.get(veto.column, nowhere))] = 0.0
    return total, unknown


def _check(surfaces: Mapping[str, Path | str], model: ScoreModel) -> None:
    where = model.origin or model.name
    if model.aggregate == "topsis":
        raise ScoreError(
            f"{where}: the aggregate is topsis, which compares the rows of a table and says "
            "nothing of one cell by itself",
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


def _felt(model: ScoreModel) -> set[str]:
    """Columns that change a score: those that weigh, and those that may rule out."""
    return {c.column for c in model.criteria if c.weight > 0} | {v.column for v in model.vetoes}


def _opened(stack: ExitStack, path: Path) -> Any:
    try:
        return stack.enter_context(rasterio.open(path))
    except RasterioError as error:
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


def _pieces(opened: Mapping[str, Any], model: ScoreModel) -> Iterator[Piece]:
    first = next(iter(opened.values()))
    for row in range(0, first.height, BLOCK):
        for column in range(0, first.width, BLOCK):
            rows, columns = min(BLOCK, first.height - row), min(BLOCK, first.width - column)
            window = Window(column, row, columns, rows)
            distances = {c: _kilometres(d, window) for c, d in opened.items()}
            both = np.stack(score_cells(distances, model))
            out: Singles = both.reshape(2, rows, columns).astype(np.float32)
            yield row, column, out


def _kilometres(opened: Any, window: Window) -> Floats:
    try:
        read = opened.read(1, window=window, masked=True)
    except RasterioError as error:
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
        "doubt": "of the distances is not in the score: a screening, not a survey",
        **joined,
    }


Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a raster of distances goes to.

    Parameters
    ----------
    target
        What it is.
    rows
        The features that count, of all countries.
    within
        Countries outside which the distance is unknown; None where it is known everywhere.
    """

    target: Target
    rows: gpd.GeoDataFrame
    within: gpd.GeoDataFrame | None


def choose_goal(
    target: Target,
    layers: Mapping[str, gpd.GeoDataFrame],
    coverage: Mapping[str, frozenset[str]],
) -> Goal:
    """Choose the features that a raster of distances goes to.

    Parameters
    ----------
    target
        What is measured to.
    layers
        Canonical layers by name.
    coverage
        Layer -> countries in which a missing feature means something; see
        `geo_ree.intake.layer_coverage`.

    Returns
    -------
    Goal
        Lines of unknown course and what has no place are left out.

    Examples
    --------
    >>> choose_goal(Target(name="port", layer="ports", label="port"), {}, {}).rows.empty
    True
    """
    covered = coverage.get(target.layer)
    within = None
    if covered is not None and "countries" in layers:
        within = layers["countries"][layers["countries"]["country"].isin(covered)]
    return Goal(target=target, rows=_rows(target, layers), within=within)


def write_surface(
    settings: Settings,
    options: Options,
    path: Path,
    *,
    layer: str = "",
    target: str = "",
    resolution: float | str = "1 km",
    box: Box = REGION,
    tell: Progress = logger.info,
) -> Grid:
    """Write the raster of distances to a canonical layer, or to a target of the scores.

    Parameters
    ----------
    settings, options
        Where the data are, which sources count, and the file of targets.
    path
        File to write.
    layer
        A canonical layer, all of its features: ``railways``.
    target
        A target, as the presets measure to it: ``railway``. Lines of unknown course are left
        out, and where no source covers the layer it is unknown. One of the two is given.
    resolution, box
        See `geo_ree.proximity.surface`.
    tell
        Called with a line on each table.

    Returns
    -------
    geo_ree.proximity.Grid

    Raises
    ------
    SettingsError
        When both or none are given, or no source at hand has such features.
    SchemaError
        When the box or the resolution is no good.
    """
    if bool(layer) == bool(target):
        raise SettingsError(f"layer is {layer!r} and target {target!r}", "give one of the two")
    make_grid(box, resolution)  # refused before anything is read
    targets = load_targets(options.targets)
    if target and target not in targets:
        raise SettingsError(f"no target is called {target!r}", f"use one of {', '.join(targets)}")
    chosen = targets[target] if target else Target(name=layer, layer=layer, label=layer)
    read_in = read_layers(settings, options, tell)
    return _write(path, chosen, read_in.frames, read_in.sources, resolution, box, tell)


def write_suitability(
    settings: Settings,
    options: Options,
    folder: Path,
    *,
    resolution: float | str = "1 km",
    box: Box = REGION,
    tell: Progress = logger.info,
) -> Suitability:
    """Write a raster for each distance of a preset, and ``suitability.tif`` of its scores.

    Each distance goes to the nearest of all countries; the tables of the scores count those of
    the deposit's own country where the target says so.

    Parameters
    ----------
    settings, options
        Where the data are, which sources count, the preset and the file of targets.
    folder
        Folder of the files, each written whole or not at all.
    resolution, box, tell
        See `write_surface`.

    Returns
    -------
    geo_ree.score_rasters.Suitability

    Raises
    ------
    ScoreError
        When the preset's aggregate compares alternatives (TOPSIS).
    SettingsError
        When no source at hand has anything that the preset measures to.
    SchemaError
        When the box or the resolution is no good.
    """
    make_grid(box, resolution)
    model = load_preset(options.preset)
    if options.aggregate:
        model = replace(model, aggregate=options.aggregate)
    read_in = read_layers(settings, options, tell)
    surfaces: dict[str, Path | str] = {}
    for target in load_targets(options.targets).values():
        column = f"dist_{target.name}_km"
        if column not in model.columns or not len(_rows(target, read_in.frames)):
            continue
        surfaces[column] = folder / f"{column}.tif"
        _write(
            folder / f"{column}.tif", target, read_in.frames, read_in.sources, resolution, box, tell
        )
    if not surfaces:
        raise SettingsError(
            f"no source at hand has anything that the preset {model.name} measures to",
            "choose other sources with --only",
        )
    chosen = model.choose(pd.DataFrame({column: [0.0] for column in surfaces}))
    return suitability(surfaces, chosen, folder / "suitability.tif")


def _write(
    path: Path,
    target: Target,
    layers: Mapping[str, gpd.GeoDataFrame],
    sources: Mapping[str, Source],
    resolution: float | str,
    box: Box,
    tell: Progress,
) -> Grid:
    goal = choose_goal(target, layers, layer_coverage(sources.values()))
    rows = goal.rows
    if not len(rows):
        raise SettingsError(
            f"no source at hand has a {target.label} whose course is known",
            f"use another source of one of the layers {', '.join(sorted(layers))}",
        )
    named = tuple(sorted(set(rows["source_id"].dropna().astype(str))))
    words = dict.fromkeys(sources[i].attribution for i in named if i in sources)
    grid = surface(
        rows,
        resolution,
        path,
        box=box,
        within=goal.within,
        name=target.label,
        sources=named,
        attribution="; ".join(w for w in words if w),
    )
    tell(f"{path}: {grid.width:,} x {grid.height:,} cells, distance to {target.label}")
    return grid


def _rows(target: Target, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """What counts, without lines of unknown course and what has no place."""
    if target.layer not in layers:
        return gpd.GeoDataFrame()
    layer = layers[target.layer]
    rows = target.choose(layer) if len(layer) else layer
    sure = numbers(rows, "lateral_error_km") <= target.max_lateral_error_km
    return rows[sure & rows.geometry.notna() & ~rows.geometry.is_empty]

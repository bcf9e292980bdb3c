"""Sites of your own, anywhere, scored as the published candidates are, and among them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_ree import storage
from geo_ree.errors import SettingsError
from geo_ree.pipeline.deposit_measures import measure_deposits
from geo_ree.pipeline.deposit_routes import measure_routes
from geo_ree.pipeline.deposit_scores import score_deposits
from geo_ree.pipeline.elevation import find_rasters
from geo_ree.pipeline.layers import describe_input, load_layers, read_layers
from geo_ree.pipeline.missing_layers import unscored_warnings
from geo_ree.pipeline.own_files import OwnLayer, Provided
from geo_ree.pipeline.own_layers import GATEWAYS, check_layer_name, read_own_layer
from geo_ree.pipeline.own_site_table import SITES, read_sites, with_own_columns
from geo_ree.pipeline.records import Layers, Result
from geo_ree.pipeline.regions import region_of
from geo_ree.pipeline.report import make_report, raster_inputs
from geo_ree.pipeline.route_inputs import route_inputs
from geo_ree.pipeline.run_store import RunStore
from geo_ree.pipeline.run_tables import run_tables
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.pipeline.stored_runs import load_run
from geo_ree.pipeline.world_borders import borders_of
from geo_ree.proximity import load_targets
from geo_ree.scoring import ScoreModel, load_preset
from geo_ree.settings import REGION, SEED, Box, Options, Settings, check_box

logger = logging.getLogger(__name__)

_WORLD: Box = (-180.0, -90.0, 180.0, 90.0)
_CONTEXT = (
    *("countries", "earthquakes", "tailings", "airports", "elevation", "railways_planned"),
    *("protected_areas", "active_faults", "mining_areas", "water_stress", "licences"),
)
PUBLISHED = "published"
"""Stands for the candidates of the data folder: ``against="published"``."""


def score_sites(
    points: Provided,
    infrastructure: Mapping[str, Provided] | None = None,
    *,
    against: Result | str | None = None,
    model: ScoreModel | str | Path = "infrastructure",
    draws: int = 1000,
    seed: int = SEED,
    position_error: str | float | None = None,
    crs: str = "",
    columns: Mapping[str, str] | None = None,
    region: Box | None = None,
    settings: Settings | None = None,
    options: Options | None = None,
    out: Path | str | None = None,
    tell: Progress = logger.info,
) -> Result:
    """Score sites of your own, anywhere, by the same method as the published candidates.

    Parameters
    ----------
    points
        A GeoDataFrame of points in any reference system, a table with coordinates, or the path of
        one: CSV, Excel, GeoPackage, shapefile, KML, GeoJSON, (Geo)Parquet, GML. All its columns are
        in every output; one whose name geo_ree needs begins with ``own_``.
    infrastructure
        Layer (``railways``, ``roads``, ``power_lines``, ``power_plants``, ``settlements``,
        ``gateways``, ``water``, ``airports``) -> frame or path. A layer joins the available sources of
        its name, and covers the countries that it touches: there, a missing feature means that there
        is none. ``gateways`` replaces the available ones: they are your choice.
    against
        A `Result`, the id of a kept run, ``"latest"``, or ``"published"`` for the candidates of the data
        folder: the sites are ranked among them, in one joint run. None ranks the sites among
        themselves.
    model
        A preset, the path of a TOML file, or a `ScoreModel`.
    draws, seed
        Of the uncertainty.
    position_error
        A column, metres, ``"2 km"``, ``"GPS"``, ``"licence corner"``, ``"map sheet 1:200,000"`` or a precision
        class. Unknown by default: then the intervals hold no uncertainty of the positions.
    crs
        Reference system of the sites, in place of what the file states; also of a layer that states
        none.
    columns
        ``name``, ``country``, ``latitude``, ``longitude``, ``id`` -> column of the sites, where the
        name of the column does not say it.
    region
        West, south, east and north limit (degrees) of the layers; by default the sites with some
        330 km around them, and 40-120 E, 29-56 N where it holds some of them.
    settings, options
        As for `geo_ree.run`; `model`, `draws`, `seed` and `region` override those of `options`.
    out
        Folder of the tables, ``run.json`` and ``map.html``, written whole or not at all; None writes
        nothing.
    tell
        Called with a line of progress.

    Returns
    -------
    Result
        In ``table``, ``origin`` is ``own`` or ``published``. A site of which more than half of the weight
        is unknown has no score, but a ``score_note``; ``report["warnings"]`` says which layers are
        missing and how to get them.

    Raises
    ------
    GeoReeError
        With the file, the row and a hint.

    Notes
    -----
    Distances are geodesic anywhere. Countries are those of OpenStreetMap in the region of the
    package, elsewhere of Natural Earth at 1:50 million.

    Examples
    --------
    >>> import shapely
    >>> sites = gpd.GeoDataFrame({"name": ["A", "B"], "grade": [1.2, 0.8]}, crs=4326,
    ...                          geometry=[shapely.Point(73.1, 49.8), shapely.Point(67.5, 47.6)])
    >>> result = score_sites(sites, position_error="GPS", draws=50)
    >>> result.table[["name", "rank_in_role", "grade"]].values.tolist()
    [['A', 1, 1.2], ['B', 2, 0.8]]
    """
    settings = settings or Settings()
    options = replace(options or Options(), preset=model, draws=draws, seed=seed)
    load_preset(options.preset)  # wrong options fail here, before anything is read
    provided = dict(infrastructure or {})
    for name in provided:
        check_layer_name(name)
    if out is not None:
        storage.check_writable(Path(out))
    tell("sites and layers …")
    sites = read_sites(
        points,
        borders_of(_WORLD),
        crs=crs,
        columns=columns,
        position_error=position_error,
        settings=settings,
    )
    found = _published(against, settings, options, tell)
    box = check_box(region) if region is not None else _region(sites, against=found is not None)
    options = replace(options, region=None if box == REGION else box)
    layers = found or read_surroundings(settings, options, box, tell)
    layers = _with_own_layers(layers, provided, crs, settings, tell)
    layers = _with_sites(layers, sites)
    if GATEWAYS in provided:
        options = replace(options, gateways=tuple(dict.fromkeys(layers.frames[GATEWAYS]["name"])))
    result = _scored(layers, settings, options, sites, tell)
    if out is not None:
        result.write(Path(out))
    return result


def _published(
    against: Result | str | None, settings: Settings, options: Options, tell: Progress
) -> Layers | None:
    """The layers that the published candidates are part of."""
    if against is None:
        return None
    if isinstance(against, Result):
        if SITES in against.layers.sources:
            raise SettingsError(
                "against is a result of your own sites", 'give one of geo_ree.run, or "published"'
            )
        return against.layers
    if against == PUBLISHED:
        options = replace(options, region=None)
        store = RunStore(settings, options, tell, fresh=False, keep=False)
        return store.layers(lambda: load_layers(settings, options, tell))
    return load_run(against, settings).layers


def _region(sites: OwnLayer, *, against: bool) -> Box:
    placed = sites.part.frame.geometry.dropna()
    placed = placed[~placed.is_empty]
    return region_of(placed.x.to_numpy(), placed.y.to_numpy(), with_own=against)


def read_surroundings(settings: Settings, options: Options, box: Box, tell: Progress) -> Layers:
    """Read the available layers of a region, without its deposits."""
    targets = load_targets(options.targets).values()
    wanted = tuple(dict.fromkeys((*(t.layer for t in targets), *_CONTEXT)))
    options = replace(options, region=None if box == REGION else box)
    borders = None if box == REGION else borders_of(box)
    return read_layers(settings, options, tell, only_layers=wanted, countries=borders)


def _with_own_layers(
    layers: Layers, provided: Mapping[str, Provided], crs: str, settings: Settings, tell: Progress
) -> Layers:
    """Join each layer of the user's with the available ones; gateways replace them."""
    for name, what in provided.items():
        own = read_own_layer(name, what, borders_of(_WORLD), crs=crs, settings=settings)
        touched = own.part.frame["country"].dropna().unique().tolist()
        tell(f"  {own.source.label}: {own.part.kept} rows kept, in {', '.join(sorted(touched))}")
        frames, sources, inputs = dict(layers.frames), dict(layers.sources), list(layers.inputs)
        if name == GATEWAYS:
            sources = {i: s for i, s in sources.items() if s.layer != name}
            inputs = [i for i in inputs if i["layer"] != name]
            frames.pop(name, None)
        parts = [frames[name]] if name in frames else []
        frames[name] = gpd.GeoDataFrame(pd.concat([*parts, own.part.frame], ignore_index=True))
        sources[own.source.id] = own.source
        inputs.append(describe_input(own.source, own.file, own.part))
        layers = replace(layers, frames=frames, sources=sources, inputs=inputs)
    return layers


def _with_sites(layers: Layers, sites: OwnLayer) -> Layers:
    """Put the sites among the deposits, with their own columns beside ours."""
    own = with_own_columns(sites.part.frame, sites.columns)
    published = layers.frames.get("deposits")
    rows = [own.frame.assign(origin="own", sources=sites.source.label)]
    if published is not None:
        rows.insert(0, published.assign(origin="published"))
    deposits = pd.concat(rows, ignore_index=True)
    for name in ("admin1", "position_flags"):
        if name not in deposits:
            deposits[name] = pd.Series(None, deposits.index, dtype=object)
    return replace(
        layers,
        frames={**layers.frames, "deposits": gpd.GeoDataFrame(deposits, crs=own.frame.crs)},
        sources={**layers.sources, sites.source.id: sites.source},
        inputs=[*layers.inputs, describe_input(sites.source, sites.file, sites.part)],
        own_columns=own.names,
    )


def _scored(
    layers: Layers, settings: Settings, options: Options, sites: OwnLayer, tell: Progress
) -> Result:
    tell("measures …")
    with storage.holding_snapshots(settings):
        rasters = find_rasters(layers.sources, settings)
        measures = measure_deposits(layers, options, rasters)
    tell("routes and access cost …")
    measures = measure_routes(measures, layers, options.seed)
    tell("scores …")
    scores = score_deposits(measures, layers, options)
    layers = replace(layers, inputs=[*layers.inputs, *raster_inputs(rasters), *route_inputs()])
    table = scores.table[scores.table["origin"] == "own"]
    warnings = [
        *_site_warnings(sites, layers),
        *unscored_warnings(table, scores.model, measures.targets, settings),
    ]
    scores = replace(scores, warnings=[*warnings, *scores.warnings])
    tables = run_tables(layers, measures, scores)
    report = make_report(settings, options, layers, scores, tables, {}, measures.targets)
    own = {"sites": len(sites.part.frame), "columns": list(layers.own_columns.values())}
    return Result(
        layers=layers,
        measures=measures,
        scores=scores,
        tables=tables,
        report={**report, "own": own},
    )


def _site_warnings(sites: OwnLayer, layers: Layers) -> list[str]:
    """What a reader has to know of the sites: renamed columns, no place, no country, no error."""
    frame, out = sites.part.frame, []
    taken = [public for name, public in layers.own_columns.items() if name == public]
    if taken:
        out.append(f"columns of yours whose name is taken begin with own_: {', '.join(taken)}")
    blank = frame.geometry.isna() | frame.geometry.is_empty
    if blank.any():
        out.append(f"no coordinate: {_listed(frame.loc[blank, 'name'])}")
    nowhere = ~blank & frame["country"].isna()
    if nowhere.any():
        out.append(
            f"in no country (at sea, or beside a coarse border), so that nothing of a country is known: "
            f"{_listed(frame.loc[nowhere, 'name'])}"
        )
    if frame.loc[~blank, "position_error_m"].isna().all():
        out.append(
            "the position error of the sites is not stated: the intervals hold no uncertainty of "
            'their positions (--position-error 500, "GPS" or a column)'
        )
    for remark, rows in sites.part.noted.items():
        out.append(f"{sites.source.label}: {remark} ({rows} rows)")
    return out


def _listed(names: pd.Series, most: int = 5) -> str:
    shown = ", ".join(names.astype(str).head(most))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")

"""A run for other programs: tables, GIS files, KML and rasters, or a PostGIS database."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geo_ree import storage
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SettingsError
from geo_ree.outputs.bundle import Bundle, cleaned
from geo_ree.outputs.export_formats import FORMATS, RASTER_FORMATS, check_formats
from geo_ree.outputs.notice import SOURCE_COLUMNS, licence_notice
from geo_ree.outputs.projected import check_projected, with_projected
from geo_ree.outputs.raster_styles import write_ramp
from geo_ree.pipeline.cell_sources import cell_sources
from geo_ree.pipeline.commercial import passed_on
from geo_ree.pipeline.deposit_routes import no_access, no_corridors
from geo_ree.pipeline.records import Result
from geo_ree.schema import FACT_LAYERS
from geo_ree.settings import REGION, SCORED_COUNTRIES, Box
from geo_ree.storage.databases import is_database
from geo_ree.storage.record_files import LazyMapping, lazily

if TYPE_CHECKING:
    from geo_ree.proximity import Target

INFRASTRUCTURE = (
    "railways",
    "railways_planned",
    "roads",
    "power_lines",
    "power_plants",
    "gateways",
    "settlements",
    "water",
    "airports",
    "earthquakes",
    "tailings",
    *("protected_areas", "active_faults", "mining_areas", "water_stress"),
    "countries",
)
"""Layers that are exported where a run has them, without what their terms keep from being passed on."""

RESOLUTION = "5 km"
"""Cell size of the rasters unless another is given.

Coarse, for many positions are known to some kilometres only, and quick: seven rasters of 870,000
cells take four seconds on two cores. `geo_ree.surface` makes finer ones.
"""

ALL_FORMATS = (*FORMATS, *RASTER_FORMATS)
RASTER_FOLDER = "rasters"

_RUN_KEYS = (
    *("run_id", "version", "schema_version", "created"),
    *("preset", "seed", "draws", "disclaimer"),
)
_AREA_KINDS = ("feasible", "contradicting", "ore_field", "admin_area", "country")
"""Kinds of areas, the smallest first."""


def export(
    result: Result | Bundle,
    folder: Path | str | None = None,
    *,
    formats: Iterable[str] = ALL_FORMATS,
    resolution: float | str = RESOLUTION,
    crs: str = "",
    to: str = "",
) -> list[Path]:
    """Write a run for other programs, as files or into a PostGIS database; all of it or nothing.

    Parameters
    ----------
    result
        From `geo_ree.run`, or the tables of one from `gather_tables` (these give no rasters).
    folder
        Where the files go; made when missing. Other files in it stay. Without it no file is
        written, only the database of `to`.
    formats
        Some of ``gpkg``, ``parquet``, ``kml``, ``geojson``, ``csv``, ``xlsx`` and ``cog``; all of
        them by default.
    resolution
        Cell size of the rasters, see `geo_ree.surface`.
    crs
        A projected system in metres, for instance ``EPSG:32643``: the scored deposits get ``x``,
        ``y`` and ``z`` as well, for 3-D packages; see `geo_ree.outputs.projected.with_projected`.
    to
        Address of a PostGIS database, ``postgresql://user@host:5432/database``: the run becomes the
        schema ``run_<run id>`` in it, and the views of the schema ``latest`` show it. The password is
        best given in PGPASSWORD. See `geo_ree.outputs.postgis.write_postgis`.

    Returns
    -------
    list of pathlib.Path
        The files, sorted. Each has the attribution of every source and the run id inside.

    Raises
    ------
    SettingsError
        When a format or `crs` is unknown, the folder cannot be written, or neither a folder nor a
        database is given.
    SchemaError
        When the resolution is invalid.
    DatabaseError
        When the database cannot be reached or written; no file is written then.

    Examples
    --------
    >>> import tempfile, geo_ree
    >>> result = geo_ree.run(options=geo_ree.Options(draws=50))
    >>> files = export(result, tempfile.mkdtemp(), formats=["geojson", "xlsx"])
    >>> [f.name for f in files]
    ['deposits.geojson', 'geo_ree.xlsx', 'unranked.geojson']
    """
    check_goals(folder, to)
    wanted = check_formats(formats) if folder is not None else []
    if set(wanted) & set(RASTER_FORMATS):
        check_resolution(resolution)
    if crs:
        check_projected(crs)
    bundle = result if isinstance(result, Bundle) else gather_tables(result)
    if crs:
        bundle = replace(bundle, scored=with_projected(bundle.scored, crs))
    from geo_ree.outputs.postgis import write_postgis  # loads more than files need

    if folder is None:
        write_postgis(bundle, to)
        return []
    with storage.atomic_files(Path(folder)) as draft:
        for name in wanted:
            if name in FORMATS:
                FORMATS[name](bundle, draft)
            elif isinstance(result, Bundle):
                raise SettingsError(f"{name} needs the layers of a run", "give a Result")
            else:
                write_cogs(result, bundle, draft / RASTER_FOLDER, resolution)
        written = sorted(p.relative_to(draft) for p in draft.rglob("*") if p.is_file())
        if to:
            write_postgis(bundle, to)
    return [Path(folder) / p for p in written]


def check_goals(folder: Path | str | None, to: str) -> None:
    """Refuse to export to nowhere, or into a folder that is called like a database.

    Raises
    ------
    SettingsError

    Examples
    --------
    >>> check_goals("postgresql://localhost/team", "")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: the folder of the files is the address of a database; give it as to=
    """
    if is_database(folder):
        raise SettingsError(
            "the folder of the files is the address of a database", "give it as to="
        )
    if folder is None and not to:
        raise SettingsError("neither a folder nor a database is given", "give a folder, or to=")


def check_resolution(resolution: float | str) -> None:
    """Refuse an invalid cell size.

    Raises
    ------
    SchemaError
    """
    from geo_ree.proximity import make_grid

    make_grid(REGION, resolution)


def gather_tables(result: Result) -> Bundle:
    """Collect the tables of a run as the export formats take them, each when it is first used."""
    tables, layers = result.tables, result.layers.frames
    layers = passed_on(layers, result.layers.sources)
    names = [name for name in INFRASTRUCTURE if name in layers]

    def drawn() -> gpd.GeoDataFrame:
        from geo_ree.pipeline.unplaced import no_areas

        known = tables["areas"] if "areas" in tables else no_areas()
        return known[known.geometry.notna()]

    def areas() -> gpd.GeoDataFrame:
        return drawn()[drawn()["kind"] != "country"].reset_index(drop=True)

    return lazily(
        Bundle,
        {
            "scored": lambda: cleaned(result.table),
            "unranked": lambda: cleaned(with_areas(result.unranked, drawn())),
            "areas": lambda: cleaned(areas()),
            "flags": lambda: cleaned(tables["flags"]),
            "facts": lambda: {name: cleaned(tables[name]) for name in FACT_LAYERS},
            "pairwise": lambda: cleaned(tables["pairwise"]),
            "corridors": lambda: cleaned(tables.get("corridors", no_corridors())),
            "access": lambda: cleaned(tables.get("access", no_access())),
            "resources": lambda: cleaned(result.statements),
            "values": lambda: cleaned(cell_sources(result.layers, result.measures)),
            "infrastructure": lambda: LazyMapping({n: partial(_layer, layers, n) for n in names}),
            "sources": lambda: cleaned(
                pd.DataFrame(result.report["inputs"]).reindex(columns=SOURCE_COLUMNS)
            ),
            "criteria": lambda: cleaned(tables["criteria"]),
            "run": lambda: {key: result.report[key] for key in _RUN_KEYS},
            "targets": lambda: result.report.get("targets", {}),
        },
    )


def _layer(layers: Mapping[str, gpd.GeoDataFrame], name: str) -> gpd.GeoDataFrame:
    return cleaned(layers[name])


def with_areas(unranked: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give deposits without a coordinate the smallest area that is known of them.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows, with ``area_kind``, ``area_evidence`` and a geometry, which is None where no area
        is known or the area is a whole country.

    Examples
    --------
    >>> areas = gpd.GeoDataFrame(
    ...     {"deposit": ["a", "a"], "kind": ["country", "feasible"], "evidence": ["KAZ", "40 km"]},
    ...     geometry=[shapely.box(60, 40, 80, 55), shapely.box(70, 45, 71, 46)], crs=4326)
    >>> with_areas(pd.DataFrame({"id": ["a", "b"]}), areas)["area_kind"].tolist()
    ['feasible', None]
    """
    usable = areas[areas["kind"].isin(_AREA_KINDS)]
    order = usable["kind"].map(_AREA_KINDS.index).sort_values(kind="stable").index
    kinds, evidence, shapes = {}, {}, {}
    for deposit, rows in usable.loc[order].groupby("deposit", sort=False):
        same = rows[rows["kind"] == rows["kind"].iloc[0]]
        kinds[deposit] = same["kind"].iloc[0]
        evidence[deposit] = "; ".join(same["evidence"].astype(str))
        if kinds[deposit] != "country":
            shapes[deposit] = shapely.union_all(same.geometry.to_numpy())
    ids, index = unranked["id"].tolist(), unranked.index
    return gpd.GeoDataFrame(
        unranked.assign(
            area_kind=pd.Series([kinds.get(i) for i in ids], index, dtype=object),
            area_evidence=pd.Series([evidence.get(i) for i in ids], index, dtype=object),
        ),
        geometry=[shapes.get(i) for i in ids],
        crs=STORE_CRS,
    )


def write_cogs(result: Result, bundle: Bundle, folder: Path, resolution: float | str) -> None:
    """Write ``dist_<target>_km.tif`` for each distance of the score, and ``suitability.tif``.

    Notes
    -----
    Values are metres, rounded to 1/256 of a cell, by the rule of the table of scores: a cell counts
    the features of its own country unless the target says otherwise, and is unknown at sea and
    outside all countries.
    There is no raster of scores where the model's aggregate is TOPSIS, which compares deposits and
    says nothing of one place, or where no criterion with a weight was measured. Tags hold the
    run id, the disclaimer and the attributions.
    """
    about = {k: str(bundle.run[k]) for k in ("run_id", "version", "created", "disclaimer")}
    model, chosen = result.scores.model, raster_targets(result)
    from geo_ree.pipeline.score_rasters import suitability
    from geo_ree.proximity import fair_step_m, make_grid, surface

    region = result.layers.region
    box = box_of(result.layers.frames["countries"]) if region == REGION else region
    step_m = fair_step_m(make_grid(box, resolution))
    made: dict[str, Path | str] = {}
    for column, target in chosen.items():
        made[column] = folder / f"{column}.tif"
        surface(
            result.measures.proximity,
            resolution,
            made[column],
            target=target.name,
            box=box,
            attribution=_notice(bundle, {target.layer}),
            tags=about,
            step_m=step_m,
        )
        write_ramp(folder / f"{column}.tif")
    if model.aggregate == "topsis":
        return
    if any(c.weight > 0 and c.column in made for c in model.criteria):
        layers = {target.layer for target in chosen.values()}
        tags = {**about, "attribution": _notice(bundle, layers)}
        suitability(made, model, folder / "suitability.tif", tags=tags)
        write_ramp(folder / "suitability.tif")


def box_of(countries: gpd.GeoDataFrame) -> Box:
    """The box of the scored countries, in whole degrees.

    Examples
    --------
    >>> box_of(gpd.GeoDataFrame({"country": ["KGZ"]}, geometry=[shapely.box(69.3, 39.2, 80.2, 43.2)]))
    (69.0, 39.0, 81.0, 44.0)
    """
    scored = countries[countries["country"].isin(SCORED_COUNTRIES)]
    if scored.empty:
        return REGION
    west, south, east, north = map(float, scored.total_bounds)
    return (
        float(math.floor(west)),
        float(math.floor(south)),
        float(math.ceil(east)),
        float(math.ceil(north)),
    )


def raster_targets(result: Result) -> Mapping[str, Target]:
    """Column of the model -> the target of its raster, where that has features."""
    columns, measures = result.scores.model.columns, result.measures
    return {
        f"dist_{name}_km": target
        for name, target in measures.targets.items()
        if f"dist_{name}_km" in columns and _has_features(measures.proximity.rows(name))
    }


def _has_features(rows: gpd.GeoDataFrame | None) -> bool:
    return rows is not None and len(rows) > 0


def _notice(bundle: Bundle, layers: set[str]) -> str:
    """What the licences of some layers ask for; countries are used by each raster."""
    return licence_notice(bundle.sources, *sorted(layers), "countries")

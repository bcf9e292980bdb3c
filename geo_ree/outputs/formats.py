"""Cloud-Optimized GeoTIFFs: how far every place is from what the scores measure to, and its score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from geo_ree import storage
from geo_ree.errors import SettingsError
from geo_ree.outputs.bundle import RESOLUTION, Bundle, gather_tables
from geo_ree.outputs.geopackage import write_geopackage
from geo_ree.outputs.kml import write_kml
from geo_ree.outputs.notice import licence_notice
from geo_ree.outputs.plain_files import write_geojson, write_geoparquet, write_tables
from geo_ree.outputs.workbook import write_workbook
from geo_ree.pipeline.rasters import suitability
from geo_ree.pipeline.result import Result
from geo_ree.proximity import surface
from geo_ree.proximity.grid import make_grid
from geo_ree.settings import REGION

FOLDER = "rasters"
"""Folder of the rasters within the export."""


def write_cogs(bundle: Bundle, folder: Path) -> None:
    """Write ``rasters/dist_<target>_km.tif`` for each distance of the scores, and ``suitability.tif``.

    Parameters
    ----------
    bundle
        What is handed on; its ``box`` and ``resolution`` lay the grid.
    folder
        An existing folder.

    Notes
    -----
    Values are metres, as `geo_ree.proximity.surface` measures them, to the nearest of all
    countries; the tables of the scores count those of the deposit's own country where the target
    says so. Scores are missing where the model's aggregate is TOPSIS, which compares deposits and says
    nothing of a place by itself, and where nothing that weighs was measured. Tags hold the run id,
    the disclaimer and what the licences ask for.
    """
    about = {k: str(bundle.run[k]) for k in ("run_id", "version", "created", "disclaimer")}
    made: dict[str, Path | str] = {}
    for column, goal in bundle.goals.items():
        made[column] = folder / FOLDER / f"{column}.tif"
        surface(
            goal.rows,
            bundle.resolution,
            made[column],
            box=bundle.box,
            within=goal.within,
            name=goal.target.label,
            attribution=_notice(bundle, {goal.target.layer}),
            tags=about,
        )
    model = bundle.model
    if model is None or model.aggregate == "topsis":
        return
    if any(c.weight > 0 and c.column in made for c in model.criteria):
        layers = {goal.target.layer for goal in bundle.goals.values()}
        suitability(
            made,
            model,
            folder / FOLDER / "suitability.tif",
            tags={**about, "attribution": _notice(bundle, layers)},
        )


def check_resolution(resolution: float | str) -> None:
    """Refuse a resolution that is none.

    Raises
    ------
    SchemaError

    Examples
    --------
    >>> check_resolution("5 km")
    """
    make_grid(REGION, resolution)


def _notice(bundle: Bundle, layers: set[str]) -> str:
    """Whom to name for some layers; countries, for they say where a layer is complete."""
    used = bundle.sources[bundle.sources["layer"].isin({*layers, "countries"})]
    return licence_notice(used.assign(layer="used"), "used")


Writer = Callable[[Bundle, Path], None]

FORMATS: Mapping[str, Writer] = MappingProxyType(
    {
        "gpkg": write_geopackage,
        "parquet": write_geoparquet,
        "kml": write_kml,
        "geojson": write_geojson,
        "csv": write_tables,
        "xlsx": write_workbook,
        "cog": write_cogs,
    }
)
"""Name of each format -> what writes it into a folder."""


def export(
    result: Result | Bundle,
    folder: Path,
    *,
    formats: Iterable[str] = FORMATS,
    resolution: float | str = RESOLUTION,
) -> list[Path]:
    """Write a run as files for other programs, all of them or none.

    Parameters
    ----------
    result
        Of `geo_ree.run`, or what `gather_tables` took from it.
    folder
        Where the files go; made when missing. Other files in it stay.
    formats
        Names among `FORMATS`; all of them by default.
    resolution
        Greatest side of a raster's cell, see `geo_ree.proximity.surface`.

    Returns
    -------
    list of pathlib.Path
        The files, sorted. Each has the attribution of every source and the run id inside.

    Raises
    ------
    SettingsError
        When there is no format of a name, or the folder cannot be written.
    SchemaError
        When the resolution is no good.

    Examples
    --------
    >>> import tempfile, geo_ree
    >>> result = geo_ree.run(geo_ree.Settings(), geo_ree.Options(draws=50))
    >>> files = export(result, Path(tempfile.mkdtemp()), formats=["geojson", "xlsx"])
    >>> [f.name for f in files]
    ['deposits.geojson', 'geo_ree.xlsx', 'unranked.geojson']
    """
    wanted = check_formats(formats)
    check_resolution(resolution)
    bundle = result if isinstance(result, Bundle) else gather_tables(result)
    bundle = replace(bundle, resolution=resolution)
    with storage.atomic_files(folder) as draft:
        for name in wanted:
            FORMATS[name](bundle, draft)
        written = sorted(p.relative_to(draft) for p in draft.rglob("*") if p.is_file())
    return [folder / p for p in written]


def check_formats(formats: Iterable[str]) -> list[str]:
    """Names of formats, each once.

    Raises
    ------
    SettingsError
        When there is no format of a name, or none is asked for.

    Examples
    --------
    >>> check_formats(["csv", "kml", "csv"])
    ['csv', 'kml']
    """
    wanted = list(dict.fromkeys(formats))
    unknown = [n for n in wanted if n not in FORMATS]
    hint = f"use some of {', '.join(FORMATS)}"
    if unknown:
        raise SettingsError(f"no format is called {', '.join(unknown)}", hint)
    if not wanted:
        raise SettingsError("no format is asked for", hint)
    return wanted

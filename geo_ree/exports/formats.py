"""The formats by name, and writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from geo_ree import storage
from geo_ree.errors import SettingsError
from geo_ree.exports.bundle import RESOLUTION, Bundle, gather_tables
from geo_ree.exports.cog import check_resolution, write_cogs
from geo_ree.exports.geojson import write_geojson
from geo_ree.exports.geopackage import write_geopackage
from geo_ree.exports.kml import write_kml
from geo_ree.exports.parquet import write_geoparquet
from geo_ree.exports.tables import write_tables
from geo_ree.exports.workbook import write_workbook
from geo_ree.pipeline import Result

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
    result: Result | Bundle, folder: Path, *, formats: Iterable[str] = FORMATS,
    resolution: float | str = RESOLUTION,
) -> list[Path]:  # fmt: skip
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
    cure = f"use some of {', '.join(FORMATS)}"
    if unknown:
        raise SettingsError(f"no format is called {', '.join(unknown)}", cure)
    if not wanted:
        raise SettingsError("no format is asked for", cure)
    return wanted

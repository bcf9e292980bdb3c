"""The export formats by name, and what writes each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from geo_ree.errors import SettingsError
from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.geopackage import write_geopackage
from geo_ree.outputs.kml import write_kml
from geo_ree.outputs.plain_files import write_csv_files, write_geojson, write_geoparquet
from geo_ree.outputs.xlsx import write_workbook

Writer = Callable[[Bundle, Path], None]

FORMATS: Mapping[str, Writer] = MappingProxyType(
    {
        "gpkg": write_geopackage,
        "parquet": write_geoparquet,
        "kml": write_kml,
        "geojson": write_geojson,
        "csv": write_csv_files,
        "xlsx": write_workbook,
    }
)
"""Format -> what writes it into a folder."""

RASTER_FORMATS = ("cog",)
"""Formats that need the layers of a run, not only its tables."""


def check_formats(formats: Iterable[str]) -> list[str]:
    """Names of formats, each once.

    Raises
    ------
    SettingsError
        When a name is unknown, or none is given.

    Examples
    --------
    >>> check_formats(["csv", "kml", "csv"])
    ['csv', 'kml']
    """
    known = (*FORMATS, *RASTER_FORMATS)
    wanted = list(dict.fromkeys(formats))
    unknown = [name for name in wanted if name not in known]
    hint = f"use some of {', '.join(known)}"
    if unknown:
        raise SettingsError(f"no format is called {', '.join(unknown)}", hint)
    if not wanted:
        raise SettingsError("no format is given", hint)
    return wanted

"""The tables of a run or a build as CSV, GeoPackage and GeoParquet, and ``run.json``."""

from __future__ import annotations

import json
import platform
import re
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj

from geo_ree._version import __version__
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.settings import DISCLAIMER

RUN_TABLES = (
    *("scores", "unranked", "flags", "control", "deals", "governance"),
    *("pairwise", "acceptability"),
    *("central_weights", "influence", "omission", "corridors", "access"),
)
"""Tables that a run writes, each as ``<name>.csv``."""

BUILD_TABLES = ("deposits", "records", "values", "conflicts", "pairs")
"""Tables that a build writes, each as ``<name>.csv``."""

SPATIAL_TABLES = ("scores", "deposits", "corridors")
"""Tables that are written as ``<name>.gpkg`` and ``<name>.parquet`` as well."""

_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r])")


def write_tables(
    tables: Mapping[str, pd.DataFrame], folder: Path, names: tuple[str, ...] = RUN_TABLES
) -> None:
    """Write tables as CSV, and those with a place also as GeoPackage and GeoParquet.

    Parameters
    ----------
    tables
        Tables by name, each published (see `geo_ree.schema.columns.arrange`).
    folder
        An existing folder; the caller moves it into place when all is written.
    names
        Which of them.

    Notes
    -----
    In the CSV a text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    for name in names:
        table = tables[name]
        write_csv(without_shapes(table), folder / f"{name}.csv")
        if name in SPATIAL_TABLES and isinstance(table, gpd.GeoDataFrame):
            table.to_parquet(folder / f"{name}.parquet", compression="zstd")
            write_geopackage_table(table, folder / f"{name}.gpkg", name)


def without_shapes(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns of geometries."""
    return pd.DataFrame(table.loc[:, table.dtypes != "geometry"])


def one_shape(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out all geometries but the active one, for formats that take one."""
    kept = (table.dtypes != "geometry") | (table.columns == table.active_geometry_name)
    return gpd.GeoDataFrame(table.loc[:, kept])


def write_csv(table: pd.DataFrame, path: Path, *, float_format: str | None = None) -> None:
    """Write a table without its index; the same table gives the same bytes.

    Texts that a spreadsheet would run are disarmed, see `disarmed`.
    """
    plain = pd.DataFrame(table).copy()
    for name in plain.columns:
        if not pd.api.types.is_numeric_dtype(plain[name].dtype):
            plain[name] = plain[name].map(disarmed)
    plain.to_csv(
        path, index=False, encoding="utf-8", lineterminator="\n", float_format=float_format
    )


def disarmed(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Where Excel separates columns by semicolons, what follows one in a text begins a cell, too.

    Examples
    --------
    >>> disarmed("=1+1"), disarmed("Kutessay II"), disarmed("a;=1+1")
    ("'=1+1", 'Kutessay II', "a;'=1+1")
    """
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def write_geopackage_table(table: pd.DataFrame, path: Path, layer: str) -> None:
    """Write a table as a layer of a GeoPackage, with the geometry that is active if it has some."""
    texts = one_shape(table) if isinstance(table, gpd.GeoDataFrame) else table.copy()
    for name in texts.columns:
        if texts[name].dtype == object:
            texts[name] = texts[name].astype("str")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pyogrio.write_dataframe(
            texts,
            path,
            layer=layer,
            driver="GPKG",
            layer_metadata={"schema_version": SCHEMA_VERSION, "note": DISCLAIMER},
        )


def with_place(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add ``latitude`` and ``longitude``."""
    return frame.assign(latitude=frame.geometry.y, longitude=frame.geometry.x)


def with_notice(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add ``schema_version`` and ``disclaimer`` to every row."""
    return frame.assign(schema_version=SCHEMA_VERSION, disclaimer=DISCLAIMER)


def library_versions() -> dict[str, str]:
    """Versions of geo_ree, Python and of the libraries that the figures depend on.

    Examples
    --------
    >>> "pyproj" in library_versions()
    True
    """
    names = ("numpy", "pandas", "geopandas", "shapely", "pyogrio", "pyproj", "numba", "folium")
    return {
        "geo_ree": __version__,
        "python": platform.python_version(),
        **{n: version(n) for n in names},
        "gdal": pyogrio.__gdal_version_string__,
        "proj": pyproj.proj_version_str,
    }


def write_report(report: Mapping[str, Any], folder: Path) -> None:
    """Write ``run.json``: how the outputs beside it came about."""
    text = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=False, default=str)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")

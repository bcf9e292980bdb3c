"""The GeoPackage, with the styles of its layers as QML and SLD."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.layer_styles import qml_style, sld_style
from geo_ree.outputs.notice import attribution_of, licence_notice, read_me
from geo_ree.outputs.run_layers import layers_of
from geo_ree.outputs.symbols import rules_for

_LABELS = {
    "deposits": "CASE WHEN \"role\" IN ('candidate', 'by_product_host', 'reference') THEN \"name\" END"
}
_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME
        DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)"""
_LISTED = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles that QGIS opens the layers with', 0)"""
_STYLE = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
    styleName, styleQML, styleSLD, useAsDefault, description, owner)
VALUES ('', '', ?, 'geom', ?, ?, ?, 1, ?, 'geo_ree')"""


def write_geopackage(bundle: Bundle, folder: Path) -> None:
    """Write ``geo_ree.gpkg`` into an existing folder.

    Layers: ``deposits``, ``areas``, ``unranked``, ``corridors`` (whole routes) and the
    infrastructure. Tables: ``flags``, ``control``, ``deals``, ``governance``, ``pairwise``,
    ``access``, ``resources``, ``values``, ``sources``, ``criteria``, ``read_me``. The description
    and metadata of each layer hold the notices that its licences require; ``layer_styles`` holds
    the styles as QML and SLD.

    References
    ----------
    Open Geospatial Consortium, GeoPackage Encoding Standard, OGC 12-128; version 1.2. The table
    ``layer_styles`` is a convention of QGIS.
    """
    path = folder / "geo_ree.gpkg"
    about = pd.DataFrame(read_me(bundle.run, bundle.sources), columns=["about", "text"])
    for name, (table, layers) in layers_of(bundle).items():
        _write(table, path, name, licence_notice(bundle.sources, *layers), bundle)
    for name, rows in {**bundle.plain, "read_me": about}.items():
        _write(rows, path, name, attribution_of(bundle.sources), bundle)
    _add_styles(path, list(layers_of(bundle)))


def _write(table: pd.DataFrame, path: Path, name: str, notice: str, bundle: Bundle) -> None:
    metadata = {k: str(v) for k, v in bundle.run.items()}
    whole = {**metadata, "attribution": attribution_of(bundle.sources)}
    # Recent versions of GDAL and QGIS read 1.2 without a warning.
    options: dict[str, object] = {"dataset_options": {"VERSION": "1.2"}}
    if notice:
        options["layer_options"] = {"DESCRIPTION": notice}
    with warnings.catch_warnings():
        # A column of only None has no type; GDAL writes it as text.
        warnings.simplefilter("ignore", UserWarning)
        pyogrio.write_dataframe(
            table,
            path,
            layer=name,
            driver="GPKG",
            promote_to_multi=_has_multi(table),
            dataset_metadata=None if path.exists() else whole,
            layer_metadata={**metadata, "attribution": notice},
            **options,
        )


def _has_multi(table: pd.DataFrame) -> bool:
    return isinstance(table, gpd.GeoDataFrame) and bool(
        table.geometry.geom_type.str.startswith("Multi").any()
    )


def _add_styles(path: Path, names: Sequence[str]) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_STYLES)
        base.execute(_LISTED)
        for name in names:
            rules = rules_for(name)
            if rules:
                qml = qml_style(rules, label=_LABELS.get(name, ""))
                description = f"{name} as on the map"
                base.execute(_STYLE, (name, name, qml, sld_style(name, rules), description))

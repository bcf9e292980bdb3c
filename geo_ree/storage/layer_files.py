"""Store and load canonical layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.errors import SchemaError, SettingsError
from geo_ree.schema import SCHEMA_VERSION, layer_named
from geo_ree.settings import Settings
from geo_ree.storage.files import atomic_path


def save_layer(frame: pd.DataFrame, settings: Settings, layer: str) -> Path:
    """Store a canonical layer as GeoParquet (plain Parquet where it has no geometry).

    Parameters
    ----------
    frame
        Rows of the layer, as `geo_ree.schema.check_layer` gives them.
    settings
        Where the data root is.
    layer
        Name of the layer.

    Returns
    -------
    pathlib.Path
        ``data/processed/<layer>.parquet``.

    Raises
    ------
    SchemaError
        When no layer has that name.
    SettingsError
        When the folder cannot be created or written.
    """
    target = settings.processed_root / f"{layer_named(layer).name}.parquet"
    bare = frame.copy(deep=False)
    bare.attrs = {}
    with atomic_path(target) as path:
        bare.to_parquet(path, index=False)
    return target


def load(layer: str, settings: Settings | None = None) -> gpd.GeoDataFrame:
    """Read a canonical layer that a run has stored.

    Parameters
    ----------
    layer
        Name of the layer, for instance ``deposits``.
    settings
        Where the data root is; by default ``data`` in the current folder.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326; a plain DataFrame if the layer has no geometry. ``attrs["geo_ree"]`` has
        the layer's name, file, sources and schema version.

    Raises
    ------
    SchemaError
        When no layer has that name, or the file is damaged.
    SettingsError
        When no run has stored the layer yet.

    Examples
    --------
    >>> import tempfile, shapely
    >>> settings = Settings(data_root=Path(tempfile.mkdtemp()))
    >>> town = gpd.GeoDataFrame({"source_id": ["x"]}, geometry=[shapely.Point(76, 43)], crs=4326)
    >>> _ = save_layer(town, settings, "settlements")
    >>> load("settlements", settings).attrs["geo_ree"]["sources"]
    ['x']
    """
    settings = settings or Settings()
    spec = layer_named(layer)
    path = settings.processed_root / f"{spec.name}.parquet"
    again = f"geo-ree run --data {settings.data_root}"
    if not path.is_file():
        raise SettingsError(
            f"there is no layer {layer} in {settings.data_root}", f"run {again} first"
        )
    try:
        frame = gpd.read_parquet(path) if spec.geometries else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise SchemaError(f"{path} is damaged ({_line(error)})", f"run {again} again") from error
    sources = sorted(frame["source_id"].unique()) if "source_id" in frame else []
    about: dict[str, Any] = {
        "layer": spec.name,
        "file": path.as_posix(),
        "sources": sources,
        "schema_version": SCHEMA_VERSION,
    }
    frame.attrs["geo_ree"] = about
    return frame


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

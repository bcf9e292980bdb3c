"""The layers of all sources put together."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geo_ree.harmonize.normal import Normalized
from geo_ree.schema import LAYERS, validate


def join_layers(parts: Sequence[Normalized]) -> dict[str, gpd.GeoDataFrame]:
    """Put the canonical layers of several sources together.

    Parameters
    ----------
    parts
        One for each table, in the order in which they are trusted.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        Layer by name. Deposits are records still, one a source: `geo_ree.harmonize.merge` makes one
        row a deposit of them.

    Raises
    ------
    SchemaError
        When two different sources use one id.

    Examples
    --------
    >>> from geo_ree import pipeline
    >>> len(join_layers([]))
    0
    """
    grouped: dict[str, list[gpd.GeoDataFrame]] = {}
    for part in parts:
        if len(part.frame):
            grouped.setdefault(part.layer, []).append(part.frame)
    out: dict[str, gpd.GeoDataFrame] = {}
    for layer, frames in grouped.items():
        together = pd.concat([f.astype(object) if len(frames) > 1 else f for f in frames])
        if LAYERS[layer].geometries:
            together = gpd.GeoDataFrame(together, geometry="geometry", crs=frames[0].crs)
        together = together.reset_index(drop=True)
        out[layer] = validate(together, layer)
    return out

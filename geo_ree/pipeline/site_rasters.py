"""What rasters say of the ground at deposits, beside its height: seismic hazard and people around."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

HAZARD, POPULATION = "seismic_hazard", "population"
"""Layers that are rasters."""

COLUMNS = ("pga_475_g", "people_10km", "people_50km")


def site_columns(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the columns of rasters, NaN where no raster is available."""
    return pd.DataFrame(np.nan, index=deposits.index, columns=list(COLUMNS))

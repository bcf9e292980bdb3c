"""What a table of deposits must have before anything is measured from it."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import shapely

from geo_ree.crs import to_store
from geo_ree.errors import SchemaError


def check_deposits(deposits: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Refuse a table of deposits that cannot be measured from, and give it in degrees.

    Parameters
    ----------
    deposits
        Points in any reference system, each with a coordinate, on an index without duplicates.
    columns
        Columns that it must have.

    Returns
    -------
    geopandas.GeoDataFrame
        In `geo_ree.crs.STORE_CRS`.

    Raises
    ------
    SchemaError
        Naming the column or the deposit, and the cure.

    Examples
    --------
    >>> mine = gpd.GeoDataFrame(geometry=[shapely.Point(76, 43)], crs=4326)
    >>> check_deposits(mine, ["country"])
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: the deposits have no column country; give a table of the layer \
deposits, which has it
    """
    lost = [name for name in columns if name not in deposits.columns]
    if lost:
        raise SchemaError(
            f"the deposits have no column {', '.join(lost)}",
            "give a table of the layer deposits, which has it",
        )
    twice = deposits.index[deposits.index.duplicated()]
    if len(twice):
        raise SchemaError(
            f"two deposits have the label {twice[0]!r} in the index",
            "give each a label of its own: deposits.reset_index(drop=True)",
        )
    gaps = deposits.geometry.isna() | deposits.geometry.is_empty
    if gaps.any():
        raise SchemaError(
            f"deposit {deposits.index[gaps][0]} has no coordinate",
            "measure the located ones: deposits[deposits.geometry.notna()]",
        )
    odd = shapely.get_type_id(deposits.geometry.to_numpy()) != 0
    if odd.any():
        raise SchemaError(
            f"deposit {deposits.index[odd][0]} is a {deposits.geometry.iloc[odd.argmax()].geom_type}",
            "give points: deposits.set_geometry(deposits.representative_point())",
        )
    return to_store(deposits, what="the table of deposits")

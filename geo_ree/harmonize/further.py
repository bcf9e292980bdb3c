"""Further published positions of deposits, beside those of their records."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS


def with_positions(members: gpd.GeoDataFrame, positions: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Add further published positions to the records of the deposits they are about.

    Parameters
    ----------
    members
        A row a record, as `geo_ree.harmonize.locate` takes them.
    positions
        The canonical layer ``positions``, or None. ``deposit_id`` may be any record's; a position of a
        deposit that is not among the records is left out.

    Returns
    -------
    geopandas.GeoDataFrame
        With the column ``doubt``; the positions come after the records.
    """
    members = members.assign(doubt=None)
    if positions is None or positions.empty:
        return members
    owner = members.drop_duplicates("record").set_index("record")
    here = positions[positions["deposit_id"].isin(owner.index)].astype(object)
    of = here["deposit_id"].to_numpy()
    rows = {
        "record": here["id"], "source_id": here["source_id"],
        "precision_class": here["precision_class"], "position_basis": here["source"],
        "doubt": here["doubt"].where(here["doubt"].notna(), None),
    }  # fmt: skip
    points = shapely.points(here["longitude"].astype(float), here["latitude"].astype(float))
    added = gpd.GeoDataFrame(rows, geometry=points, crs=STORE_CRS)
    added["deposit"] = owner.loc[of, "deposit"].to_numpy()
    added["name"] = owner.loc[of, "name"].to_numpy()
    added["country_reported"] = owner.loc[of, "country_reported"].to_numpy()
    added = added.reindex(columns=members.columns).astype(object)
    both = pd.concat([pd.DataFrame(members).astype(object), pd.DataFrame(added)], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=STORE_CRS)

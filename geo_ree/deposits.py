"""The audit of all deposits at hand: where reading, harmonizing and locating meet."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geo_ree import storage
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SettingsError
from geo_ree.harmonize import Located, locate, merge
from geo_ree.intake import Progress, read_layers
from geo_ree.options import Options
from geo_ree.outputs import disarmed
from geo_ree.settings import Settings

logger = logging.getLogger(__name__)

LAYERS = ("deposits", "positions", "published_distances", "countries", "water")
"""The layers that the audit needs."""

_DRAWN = ("feasible", "contradicting")


def audit_deposits(settings: Settings, options: Options, tell: Progress = logger.info) -> Located:
    """Choose and audit the positions of all deposits of the chosen sources at hand.

    Parameters
    ----------
    settings, options
        Where the data are, and which sources count.
    tell
        Called with a line on each table.

    Returns
    -------
    Located
        ``audit`` and ``areas`` are GeoDataFrames for the map.

    Raises
    ------
    GeoReeError
        With the file, the row and the cure.

    Examples
    --------
    >>> done = audit_deposits(Settings(), Options(only=("starter_deposits",)))
    >>> "no_position" in done.audit["flag"].tolist()
    True
    """
    read_in = read_layers(settings, options, tell, keep_swapped=True, only_layers=LAYERS)
    layers = read_in.layers
    if "deposits" not in layers:
        raise SettingsError("no deposits are left", "choose at least one source of deposits")
    merged = merge(layers["deposits"])
    tell(f"  {len(layers['deposits'])} records are {len(merged.deposits)} deposits")
    return locate(
        merged.deposits, with_positions(merged.members, layers.get("positions")),
        countries=layers["countries"], water=layers.get("water"),
        published=layers.get("published_distances"),
    )  # fmt: skip


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


def write_audit(located: Located, folder: Path) -> Mapping[str, int]:
    """Write ``audit.csv``, ``audit.geojson`` and ``areas.geojson``, all or none.

    Parameters
    ----------
    located
        From `audit_deposits`.
    folder
        Made when missing.

    Returns
    -------
    dict of str to int
        Rows in each file. The layers have what has a place; of the areas those that published
        distances leave, not whole countries.

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    plain = pd.DataFrame(located.audit.drop(columns="geometry"))
    for name in plain.columns.drop("distance_km"):
        plain[name] = plain[name].map(disarmed)
    audit = located.audit[located.audit.geometry.notna()]
    areas = located.areas[located.areas["kind"].isin(_DRAWN)]
    with storage.atomic_files(folder) as draft:
        plain.to_csv(draft / "audit.csv", index=False, encoding="utf-8", lineterminator="\n")
        for name, frame in (("audit", audit), ("areas", areas)):
            text = frame.to_json(na="null", drop_id=True, ensure_ascii=False)
            (draft / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")
    return {"audit.csv": len(plain), "audit.geojson": len(audit), "areas.geojson": len(areas)}

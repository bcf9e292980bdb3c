"""GeoJSON by RFC 7946: longitude first, seven digits, right-hand rings, no crs member, a bbox."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

from geo_ree.exports.bundle import Bundle
from geo_ree.exports.notice import attribution_of, licence_notice


def write_geojson(bundle: Bundle, folder: Path) -> None:
    """Write ``deposits.geojson`` and ``unranked.geojson``.

    Parameters
    ----------
    bundle
        What is handed on.
    folder
        An existing folder.

    Notes
    -----
    GDAL writes the features; title, run id, disclaimer and attribution are foreign members of the
    collection.

    References
    ----------
    Butler, H. et al. (2016), The GeoJSON Format, RFC 7946, sections 3.1.6, 4, 5 and 6.1.
    """
    titles = {
        "deposits": ("Rare-earth deposits of Central Asia with their access scores", bundle.scored),
        "unranked": ("Deposits without a published coordinate; shapes are areas, not places",
                     bundle.unranked),
    }  # fmt: skip
    for name, (title, table) in titles.items():
        about = {
            "title": title,
            "run_id": bundle.run["run_id"],
            "disclaimer": bundle.run["disclaimer"],
            "attribution": attribution_of(bundle.sources),
            "licence": licence_notice(bundle.sources, "deposits"),
        }
        text = json.dumps(collection(table, about), ensure_ascii=False, allow_nan=False)
        (folder / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")


def collection(table: gpd.GeoDataFrame, members: dict[str, Any]) -> dict[str, Any]:
    """Rows as a FeatureCollection of RFC 7946.

    Parameters
    ----------
    table
        Any frame in EPSG:4326; None as geometry stays null.
    members
        Foreign members of the collection.

    Returns
    -------
    dict
        Plain values, as json.dumps takes them.

    Examples
    --------
    >>> import shapely
    >>> row = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(76.123456789, 43)], crs=4326)
    >>> collection(row, {"title": "one"})["features"][0]["geometry"]["coordinates"]
    [76.1234568, 43.0]
    """
    with tempfile.TemporaryDirectory() as draft:
        path = Path(draft) / "draft.geojson"
        pyogrio.write_dataframe(
            table, path, driver="GeoJSON", RFC7946="YES", WRITE_BBOX="YES", WRITE_NAME="NO"
        )
        written = json.loads(path.read_text(encoding="utf-8"))
    return {"type": written["type"], **members, **written}

"""CSV, GeoJSON and GeoParquet: a file for each table, with its attribution."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio

from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.notice import (
    AREA_LAYERS,
    ROUTE_LAYERS,
    attribution_of,
    licence_notice,
    notice_json,
    read_me,
)
from geo_ree.outputs.table_files import write_csv
from geo_ree.schema import FACT_LAYERS
from geo_ree.storage import scratch_folder

_FACTS = (*FACT_LAYERS, "resources")
_ATTRIBUTED = ("scores", "unranked", "flags", "corridors", *_FACTS)


def write_csv_files(bundle: Bundle, folder: Path) -> None:
    """Write a CSV file per plain table, ``columns.csv`` with their columns, and ``read_me.csv``.

    Notes
    -----
    Each row says which run made it; ``scores``, ``unranked``, ``flags``, ``corridors`` and the
    tables of facts also carry the attribution, for a comment line at the head would stop programs
    from reading the file.
    """
    attribution = attribution_of(bundle.sources)
    tables: dict[str, pd.DataFrame] = {
        name: frame.assign(attribution=attribution) if name in _ATTRIBUTED else frame
        for name, frame in bundle.sheets.items()
    }
    tables["columns"] = bundle.columns
    tables["read_me"] = pd.DataFrame(read_me(bundle.run, bundle.sources), columns=["about", "text"])
    for name, table in tables.items():
        write_csv(table.assign(run_id=bundle.run["run_id"]), folder / f"{name}.csv")


def write_geojson(bundle: Bundle, folder: Path) -> None:
    """Write ``deposits.geojson`` and ``unranked.geojson``.

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
        "unranked": (
            "Deposits without a published coordinate; shapes are areas, not places",
            bundle.unranked,
        ),
    }
    for name, (title, table) in titles.items():
        about = {
            "title": title,
            "run_id": bundle.run["run_id"],
            "disclaimer": bundle.run["disclaimer"],
            "attribution": attribution_of(bundle.sources),
            "licence": licence_notice(bundle.sources),
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
    with scratch_folder() as draft:
        path = draft / "draft.geojson"
        pyogrio.write_dataframe(
            table, path, driver="GeoJSON", RFC7946="YES", WRITE_BBOX="YES", WRITE_NAME="NO"
        )
        written = json.loads(path.read_text(encoding="utf-8"))
    return {"type": written["type"], **members, **written}


def write_geoparquet(bundle: Bundle, folder: Path) -> None:
    """Write a file per layer and per table of the run, the infrastructure in a folder of its own.

    Notes
    -----
    The key ``geo_ree`` of each file's metadata has run, attribution and sources as JSON; the key
    ``notice`` what its licence asks for. A ``bbox`` column lets readers skip row groups.
    """
    tables: dict[str, tuple[pd.DataFrame, tuple[str, ...]]] = {
        "deposits": (bundle.scored, ()),
        "unranked": (bundle.unranked, ()),
        "areas": (bundle.areas, AREA_LAYERS),
        "flags": (bundle.flags, ()),
        **{name: (bundle.plain[name], (name,)) for name in _FACTS if name in bundle.plain},
        "pairwise": (bundle.pairwise, ()),
        "corridors": (bundle.corridors, ROUTE_LAYERS),
        "access": (bundle.access, ()),
        "values": (bundle.values, ()),
        **{f"infrastructure/{n}": (t, (n,)) for n, t in bundle.infrastructure.items()},
    }
    about = notice_json(bundle.run, bundle.sources).encode()
    for name, (table, layers) in tables.items():
        notice = licence_notice(bundle.sources, *layers).encode()
        path = folder / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        _write(table, path, {b"geo_ree": about, b"notice": notice})


def _write(table: pd.DataFrame, path: Path, metadata: dict[bytes, bytes]) -> None:
    draft = io.BytesIO()
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(draft, index=False, schema_version="1.1.0", write_covering_bbox=True)
    else:
        table.to_parquet(draft, index=False)
    draft.seek(0)
    arrow = pq.read_table(draft)
    kept = arrow.schema.metadata or {}
    pq.write_table(arrow.replace_schema_metadata({**kept, **metadata}), path, compression="zstd")

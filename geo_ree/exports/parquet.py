"""GeoParquet 1.1 with its metadata: a file for each table."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from geo_ree.exports.bundle import Bundle
from geo_ree.exports.notice import licence_notice, notice_json


def write_geoparquet(bundle: Bundle, folder: Path) -> None:
    """Write ``deposits.parquet``, ``unranked.parquet``, ``resources.parquet`` and the infrastructure.

    Parameters
    ----------
    bundle
        What is handed on.
    folder
        An existing folder; ``infrastructure/`` is made in it.

    Notes
    -----
    The key ``geo_ree`` of each file's metadata has run, attribution and sources as JSON; the key
    ``notice`` what its licence asks for. A ``bbox`` column lets readers skip row groups.
    """
    tables: dict[str, tuple[pd.DataFrame, str]] = {
        "deposits": (bundle.scored, "deposits"),
        "unranked": (bundle.unranked, "deposits"),
        "areas": (bundle.areas, "published_distances"),
        "resources": (bundle.resources, "resources"),
        **{f"infrastructure/{n}": (t, n) for n, t in bundle.infrastructure.items()},
    }
    about = notice_json(bundle.run, bundle.sources).encode()
    for name, (table, layer) in tables.items():
        notice = licence_notice(bundle.sources, layer).encode()
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

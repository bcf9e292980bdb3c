"""Ways to write a table with shapes into PostGIS, in one run: ours is a binary COPY.

python benchmarks/bench_postgis.py [--rows 50000]

Fails when another way is quicker by a quarter. The table is a layer of lines with 12 points each, an id,
a word and a number, into a table that is there with its key; no index. Ways take turns, medians of 3, in a
cluster of its own on loopback (`make peers`). Each commits one transaction of one connection.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import shapely
from adbc_driver_postgresql import dbapi
from bench_nearest import processor
from geoalchemy2 import Geometry
from pyarrow import csv
from sqlalchemy import create_engine

from geo_ree.outputs.postgis import rows_of

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from postgis_cluster import cluster, programs

BAR = 1.25
REPEATS = 3
MADE = """
CREATE TABLE line (id text PRIMARY KEY, kind text, length_km double precision,
    geom geometry(LineString, 4326))"""


def layer(rows: int) -> gpd.GeoDataFrame:
    """Random walks across the region."""
    rng = np.random.default_rng(20240607)
    starts = rng.uniform((45, 36), (95, 52), (rows, 1, 2))
    walks = starts + np.cumsum(rng.normal(0, 0.01, (rows, 12, 2)), axis=1)
    columns = {
        "id": [f"made_up:{i}" for i in range(rows)],
        "kind": rng.choice(["rail", "tram", None], rows),
        "length_km": rng.gamma(2, 3, rows),
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.linestrings(walks), crs=4326)


def texts(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Hexadecimal EWKB."""
    return shapely.to_wkb(
        shapely.set_srid(frame.geometry.to_numpy(), 4326), hex=True, include_srid=True
    )


def cells(frame: gpd.GeoDataFrame) -> list[list[Any]]:
    """The other columns, None where a word is unknown."""
    columns = [frame[name].astype(object) for name in ("id", "kind", "length_km")]
    return [column.where(column.notna(), None).tolist() for column in columns]


def copy_csv(frame: gpd.GeoDataFrame, url: str) -> None:
    known = {n: pa.array(frame[n], from_pandas=True) for n in ("id", "kind", "length_km")}
    rows = pa.table({**known, "geom": pa.array(texts(frame).tolist())})
    with (
        psycopg.connect(url) as base,
        base.cursor() as cursor,
        cursor.copy("COPY line FROM STDIN (FORMAT csv)") as copy,
    ):
        block = io.BytesIO()
        csv.write_csv(
            rows, block, csv.WriteOptions(include_header=False, quoting_style="all_valid")
        )
        copy.write(block.getvalue())


def copy_rows(frame: gpd.GeoDataFrame, url: str) -> None:
    columns = cells(frame)
    with (
        psycopg.connect(url) as base,
        base.cursor() as cursor,
        cursor.copy("COPY line FROM STDIN") as copy,
    ):
        for row in zip(*columns, texts(frame).tolist(), strict=True):
            copy.write_row(row)


def copy_binary(frame: gpd.GeoDataFrame, url: str) -> None:
    known = {n: pa.array(frame[n], from_pandas=True) for n in ("id", "kind", "length_km")}
    shapes = shapely.set_srid(frame.geometry.to_numpy(), 4326)
    rows = pa.table({**known, "geom": pa.array(shapely.to_wkb(shapes, include_srid=True).tolist())})
    with (
        psycopg.connect(url) as base,
        base.cursor() as cursor,
        cursor.copy("COPY line FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.set_types(["text", "text", "float8", "bytea"])
        for row in rows_of(rows):
            copy.write_row(row)


def to_postgis(frame: gpd.GeoDataFrame, url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    frame.rename_geometry("geom").to_postgis("line", engine, if_exists="append")
    engine.dispose()


def to_sql(frame: gpd.GeoDataFrame, url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    plain = pd.DataFrame(frame.drop(columns="geometry")).assign(geom=texts(frame))
    kinds = {"geom": Geometry("LINESTRING", 4326)}
    with engine.begin() as base:
        plain.to_sql(
            "line",
            base,
            if_exists="append",
            index=False,
            dtype=kinds,
            chunksize=5_000,
            method="multi",
        )
    engine.dispose()


def adbc(frame: gpd.GeoDataFrame, url: str) -> None:
    cells = {n: pa.array(frame[n], from_pandas=True) for n in ("id", "kind", "length_km")}
    shapes = shapely.set_srid(frame.geometry.to_numpy(), 4326)
    rows = pa.table({**cells, "geom": pa.array(shapely.to_wkb(shapes, include_srid=True).tolist())})
    with dbapi.connect(url) as base, base.cursor() as cursor:  # it knows no type geometry
        cursor.adbc_ingest("draft", rows, mode="create", temporary=True)
        cursor.execute("INSERT INTO line SELECT id, kind, length_km, geom::geometry FROM draft")
        base.commit()


WAYS: dict[str, Callable[[gpd.GeoDataFrame, str], None]] = {
    "psycopg, binary COPY of rows (geo_ree)": copy_binary,
    "psycopg, COPY of CSV from Arrow": copy_csv,
    "psycopg, COPY of rows as text": copy_rows,
    "ADBC, adbc_ingest and a cast": adbc,
    "geopandas.to_postgis (psycopg 3)": to_postgis,
    'pandas.to_sql, method="multi"': to_sql,
}


def measure(frame: gpd.GeoDataFrame) -> tuple[dict[str, float], str]:
    """Seconds of each way."""
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    with cluster("shared_buffers=256MB", "max_wal_size=4GB") as server:
        name = server.new_database()
        url: Any = server.url(name)
        version = server.ask("SHOW server_version").partition(" ")[0]
        for _ in range(REPEATS):
            for way, write in WAYS.items():
                server.ask(f"DROP TABLE IF EXISTS line; {MADE}", database=name)
                start = time.perf_counter()
                write(frame, url)
                taken[way].append(time.perf_counter() - start)
                found = server.ask(
                    "SELECT count(*), count(kind), sum(ST_NPoints(geom)) FROM line", database=name
                )
                known = int(frame["kind"].notna().sum())
                assert found == f"{len(frame)}|{known}|{len(frame) * 12}", (way, found)
    return {way: statistics.median(seconds) for way, seconds in taken.items()}, version


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    if programs() is None:
        print("no PostgreSQL with PostGIS: tools/peers/postgis.sh installs it")
        return 1
    seconds, version = measure(layer(rows))
    print(f"{rows:,} lines into PostgreSQL {version}, {processor()}\n")
    print(f"| {'way':42} | seconds | rows a second |\n|{'-' * 44}|---------|---------------|")
    for way, taken in sorted(seconds.items(), key=lambda item: item[1]):
        print(f"| {way:42} | {taken:7.2f} | {rows / taken:13,.0f} |")
    ours, best = next(iter(seconds.values())), min(seconds.values())
    print(f"\nours takes {ours / best:.2f} times as long as the quickest (bar: {BAR})")
    return int(ours > BAR * best)


if __name__ == "__main__":
    sys.exit(main())

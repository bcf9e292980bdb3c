"""The peers of bench_nearest.py that live in .servers/peers: DuckDB spatial, scipy's k-d tree.

python peers_nearest.py duckdb|kdtree FILE.npz    # prints seconds, rows, greatest distance

Both start from coordinate arrays in memory, which spares them the reading of geometries.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

FIRST_RADIUS_M = 2_500.0  # of 1.5 to 6 km none was clearly faster


def with_duckdb(start, end, points):
    """Join on ST_DWithin, twice as far each time for the points without a match so far."""
    import duckdb  # noqa: PLC0415

    duck = duckdb.connect()
    extension = next(Path(sys.prefix).rglob("spatial.duckdb_extension"))
    duck.execute(f"LOAD '{extension}'")
    began = time.perf_counter()
    x1, y1, x2, y2 = (np.ascontiguousarray(v) for v in (*start.T, *end.T))
    # DuckDB finds dictionaries of arrays by the names of the variables.
    lines = {"id": np.arange(len(x1)), "x1": x1, "y1": y1, "x2": x2, "y2": y2}  # noqa: F841
    dots = {"id": np.arange(len(points)), "x": points[:, 0].copy(), "y": points[:, 1].copy()}  # noqa: F841
    duck.execute(
        "CREATE TEMP TABLE line AS SELECT id, "
        "ST_MakeLine(ST_Point(x1, y1), ST_Point(x2, y2)) AS g FROM lines"
    )
    duck.execute("CREATE TEMP TABLE todo AS SELECT id, ST_Point(x, y) AS g FROM dots")
    duck.execute("CREATE TEMP TABLE done (id BIGINT, metres DOUBLE, line BIGINT)")
    radius = FIRST_RADIUS_M
    while duck.execute("SELECT count(*) FROM todo").fetchone()[0]:
        duck.execute(
            "CREATE OR REPLACE TEMP TABLE got AS SELECT id, min(d) AS metres, arg_min(line, d) "
            "AS line FROM (SELECT t.id, l.id AS line, ST_Distance(t.g, l.g) AS d FROM todo t "
            f"JOIN line l ON ST_DWithin(t.g, l.g, {radius})) GROUP BY id"
        )
        duck.execute("INSERT INTO done SELECT * FROM got")
        duck.execute(
            "CREATE OR REPLACE TEMP TABLE todo AS SELECT * FROM todo "
            "WHERE id NOT IN (SELECT id FROM got)"
        )
        radius *= 2.0
    found = duck.execute("SELECT id, metres, line FROM done").fetchnumpy()
    return time.perf_counter() - began, found["metres"], f"DuckDB {duckdb.__version__}"


def with_kdtree(start, end, points, *, longest_m=1_500.0):
    """The k nearest middles of pieces, until no piece that is left out can be nearer."""
    import scipy  # noqa: PLC0415
    from scipy.spatial import cKDTree  # noqa: PLC0415

    began = time.perf_counter()
    count = np.ceil(np.linalg.norm(end - start, axis=1) / longest_m).astype(int).clip(1)
    edge = np.repeat(np.arange(len(count)), count)
    at = (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count))[:, None]
    step = ((end - start) / count[:, None])[edge]
    begin = start[edge] + at * step
    half = np.linalg.norm(step, axis=1).max() / 2.0
    length2 = np.maximum((step * step).sum(axis=1), 1e-12)
    tree = cKDTree(begin + step / 2.0)
    best, todo, k = np.full(len(points), np.inf), np.arange(len(points)), 8
    while len(todo):
        left = []
        for rows in np.array_split(todo, max(1, len(todo) * k // 1_000_000)):
            middle, near = tree.query(points[rows], k=k, workers=-1)
            away = points[rows, None] - begin[near]
            share = ((away * step[near]).sum(axis=2) / length2[near]).clip(0.0, 1.0)
            gap = away - share[..., None] * step[near]
            best[rows] = np.sqrt((gap * gap).sum(axis=2)).min(axis=1)
            left.append(rows[middle[:, -1] - half < best[rows]])
        todo, k = np.concatenate(left), k * 4
    return time.perf_counter() - began, best, f"scipy {scipy.__version__}"


def main() -> None:
    peer, path = sys.argv[1:]
    data = np.load(path)
    run = {"duckdb": with_duckdb, "kdtree": with_kdtree}[peer]
    seconds, metres, version = run(data["start"], data["end"], data["points"])
    print(
        json.dumps(
            {
                "seconds": seconds,
                "rows": len(metres),
                "greatest": float(metres.max()),
                "version": version,
            }
        )
    )


if __name__ == "__main__":
    main()

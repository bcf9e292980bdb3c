"""nearest() beside its peers, in one run on one machine; fails when a bar is missed.

python benchmarks/bench_nearest.py

About 6 minutes on two cores. Ours goes from GeoDataFrames in memory to the table of distances, the
building of the index included; DuckDB and the k-d tree start from coordinate arrays, PostGIS has
loading and indexing for free. Each pair takes turns, medians of 3; a peer that needs over 30 s
runs once. Compiling is timed apart. DuckDB, scipy and PostGIS come with `make peers` (tools/peers/).
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import network
import numpy as np
import point_inputs
import postgis
import shapely
from pyproj import Transformer

from geo_ree.proximity import NearestIndex, nearest
from geo_ree.proximity.search.segments import to_ecef

CONIC = "+proj=eqdc +lat_1=39 +lat_2=51 +lat_0=45 +lon_0=71 +ellps=WGS84"
PEERS = Path(__file__).resolve().parent.parent / ".servers" / "peers" / "bin" / "python"
MILLION = 1_000_000
GEOPANDAS = f"geopandas {gpd.__version__} sjoin_nearest, eqdc"

# A process of its own, with an empty cache: processor seconds, for other work only makes the clock run on.
COLD = """
import time, numpy as np, geopandas as gpd, shapely
from geo_ree.proximity import nearest
dice = np.random.default_rng(1)
places = dice.uniform(40, 50, (5000, 2))
walks = dice.uniform(40, 50, (500, 1, 2)) + dice.normal(0, 0.01, (500, 20, 2)).cumsum(axis=1)
points = gpd.GeoSeries(shapely.points(places), crs=4326)
lines = gpd.GeoSeries(shapely.linestrings(walks), crs=4326)
begun = time.process_time(); nearest(points, lines); first = time.process_time() - begun
begun = time.process_time(); nearest(points, lines)
print(first - (time.process_time() - begun))
"""


@dataclass(frozen=True)
class Line:
    """A line of the table: a peer, its time and ours, and the least ratio."""

    work: str
    peer: str
    seconds: float
    ours: float
    bar: float

    @property
    def missed(self) -> bool:
        """Whether the peer is not as many times slower as it should be."""
        return self.seconds / self.ours < self.bar


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(work: Callable[[], object]) -> float:
    return statistics.median(timed(work) for _ in range(3))


def duel(ours: Callable[[], object], theirs: Callable[[], float]) -> tuple[float, float]:
    """Medians of 3 of the peer and of ours, in turns; of a peer over 30 s one run."""
    mine, other = [], []
    for _ in range(3):
        mine.append(timed(ours))
        if not other or other[0] <= 30.0:
            other.append(theirs())
    return statistics.median(other), statistics.median(mine)


def frame(geometries: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=geometries, crs=4326)


def geopandas_nearest(points: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> float:
    start = time.perf_counter()
    joined = points.to_crs(CONIC).sjoin_nearest(lines.to_crs(CONIC), distance_col="metres")
    assert len(joined) >= len(points)
    return time.perf_counter() - start


class Peer:
    """A peer in an environment of its own, which starts from coordinate arrays."""

    def __init__(self, name: str, start: np.ndarray, end: np.ndarray, points: np.ndarray) -> None:
        self.name, self.version, self.work = name, "", (start, end, points)

    def __call__(self) -> float:
        """Run it once and give its seconds, the reading of the arrays left out."""
        start, end, points = self.work
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            path = Path(folder, "work.npz")
            np.savez(path, start=start, end=end, points=points)
            script = Path(__file__).with_name("peers_nearest.py")
            printed = subprocess.run(
                [PEERS, script, self.name, path], check=True, capture_output=True, text=True
            ).stdout
        found = json.loads(printed)
        assert found["rows"] == len(points)
        self.version = found["version"]
        return float(found["seconds"])


def alone(*arguments: str, **environment: str) -> list[float]:
    printed = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        text=True,
        capture_output=True,
        env={**os.environ, **environment},
    ).stdout
    return [float(line) for line in printed.split()]


def cold_compile() -> float:
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        return alone("-c", COLD, NUMBA_CACHE_DIR=folder)[0]


def many_points() -> dict[str, list[float]]:
    """Seconds and peak memory (GB) from ten million points of each kind."""
    script = str(Path(__file__).with_name("point_inputs.py"))
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        path = Path(folder, "points.npy")
        np.save(path, network.points(10 * MILLION))
        return {kind: alone(script, kind, str(path)) for kind in point_inputs.KINDS}


def against_one_network(lines: gpd.GeoDataFrame, xy: np.ndarray) -> list[Line]:
    """1 M segments against 10,000, 100,000 and 1 M points."""
    walks, everything = network.polylines(), frame(shapely.points(xy))
    conic = Transformer.from_crs(4326, CONIC, always_xy=True)
    flat = np.stack(conic.transform(walks[..., 0], walks[..., 1]), axis=-1)
    duckdb = Peer("duckdb", *ends(flat), np.column_stack(conic.transform(*xy.T)))
    solid = to_ecef(*walks.reshape(-1, 2).T).reshape(*walks.shape[:2], 3)
    kdtree = Peer("kdtree", *ends(solid), to_ecef(*xy.T))

    def ours() -> object:
        return nearest(everything, lines)

    work, out = "1 M points x 1 M segments", []
    pair = duel(ours, lambda: geopandas_nearest(everything, lines))
    out.append(Line(work, GEOPANDAS, *pair, 50.0))
    pair = duel(ours, duckdb)
    out.append(Line(work, f"{duckdb.version} spatial ST_DWithin, doubling", *pair, 6.0))
    pair = duel(ours, kdtree)
    out.append(Line(work, f"{kdtree.version} cKDTree, certified", *pair, 10.0))
    fewer, few = everything.iloc[:100_000], everything.iloc[:10_000]
    with postgis.loaded(walks, xy[:100_000]) as (server, version):
        pair = duel(lambda: nearest(fewer, lines), lambda: server.nearest(len(fewer)))
    out.append(Line("100,000 points x 1 M segments", f"{version} geography <->", *pair, 30.0))
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        path = Path(folder, "lines.index")
        NearestIndex(lines).save(path)
        pair = duel(
            lambda: NearestIndex.load(path).query(few), lambda: geopandas_nearest(few, lines)
        )
    out.append(Line("10,000 points x 1 M segments, stored index", GEOPANDAS, *pair, 10.0))
    return out


def ends(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = lines.shape[-1]
    return lines[:, :-1].reshape(-1, size), lines[:, 1:].reshape(-1, size)


def against_layers(xy: np.ndarray) -> Line:
    points = frame(shapely.points(xy))
    layers = [frame(shapely.linestrings(lines)) for lines in network.layers().values()]
    pair = duel(
        lambda: [nearest(points, lines) for lines in layers],
        lambda: sum(geopandas_nearest(points, lines) for lines in layers),
    )
    return Line("1 M points x 4 layers", GEOPANDAS, *pair, 28.0)


def processor() -> str:
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{len(os.sched_getaffinity(0))} cores, {names[0] if names else platform.machine()}"


def hints() -> list[str]:
    out = []
    if not PEERS.exists():
        out.append("DuckDB and scipy are missing: run make peers")
    if postgis.programs() is None:
        out.append("PostGIS is missing: run make peers")
    return out


def main() -> int:
    if missing := hints():
        print("\n".join(missing))
        return 1
    print(f"nearest() beside its peers; {processor()}, load {os.getloadavg()[0]:.1f}")
    compiled = min(cold_compile() for _ in range(3))
    lines, xy = frame(shapely.linestrings(network.polylines())), network.points(MILLION)
    nearest(frame(shapely.points(xy[:1_000])), lines)
    table = [*against_one_network(lines, xy), against_layers(xy)]
    everything = frame(shapely.points(xy))
    million = median(lambda: nearest(everything, lines))
    inputs = many_points()
    print(f"afterwards the load is {os.getloadavg()[0]:.1f}")
    print(f"\n{'work':<44}{'peer':<50}{'peer s':>8}{'ours s':>8}{'ratio':>8}{'bar':>6}")
    for row in table:
        print(
            f"{row.work:<44}{row.peer:<50}{row.seconds:>8.2f}{row.ours:>8.3f}"
            f"{row.seconds / row.ours:>7.1f}x{row.bar:>5.0f}x{'  MISSED' if row.missed else ''}"
        )
    many = inputs["geometries"][0]
    limits = [
        (
            f"10 M points x 1 M segments, {many:.2f} s, by the time of 1 M, {million:.2f} s",
            many / million,
            13.0,
        ),
        *(
            (
                f"10 M points x 1 M segments, {kind}: {seconds:.2f} s; peak memory, GB",
                memory,
                3.0 if kind == "geometries" else 1.2,
            )
            for kind, (seconds, memory) in inputs.items()
        ),
        ("cold compile, once a machine: processor seconds, least of 3", compiled, 6.0),
    ]
    for what, found, limit in limits:
        print(f"{what:<94}{found:>16.2f} (at most {limit:g}){'  MISSED' if found > limit else ''}")
    return int(any(row.missed for row in table) or any(f > m for _, f, m in limits))


if __name__ == "__main__":
    sys.exit(main())

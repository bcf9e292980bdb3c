"""nearest() over Dask beside one process, from GeoParquet to Parquet; fails when a bar is missed.

python benchmarks/bench_dask.py [--points 50] [--segments 10] [--workers 2] [--folder FOLDER]

About 12 minutes on two quiet cores and 8 GB of a disk. Points are in no order, a million to a file;
lines have 50 segments each, a million to a file. Workers have one thread each, one process as many as
there are workers. Memory is the greatest of a worker's resident set, which counts the pages of mapped
indexes. What is made lies in a temporary folder in FOLDER, and is removed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import partitions
import rasterio
import shapely
from bench_nearest import processor

from geo_ree import distributed

WORKER_GB = 3.0
OVERHEAD = 1.3
FITS = 10  # million points that one process and the workers measure in turns
BOX = (66.0, 39.0, 81.0, 44.0)

# One process, from files to a file; the reading of points builds no geometries.
ONE = """
import re, sys, time
from pathlib import Path
import geopandas as gpd, pandas as pd, pyarrow.dataset as ds
from geo_ree.proximity import nearest
points, lines, out = (Path(a) for a in sys.argv[1:])
some = gpd.read_parquet(sorted(lines.glob("*.parquet"))[0]).iloc[:1000]
nearest(targets=some, x=[70.0] * 5000, y=[45.0] * 5000)
begun, spent = time.perf_counter(), time.process_time()
frames = [gpd.read_parquet(path) for path in sorted(lines.glob("*.parquet"))]
roads = pd.concat(frames, ignore_index=True)
table = ds.dataset(sorted(map(str, points.glob("*.parquet")))).to_table(columns=["geometry"])
nearest(table, roads).to_parquet(out)
print(time.perf_counter() - begun, time.process_time() - spent)
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status).group(1)) * 1024 / 1e9)
"""


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, beside what, and its bar (none: it is only stated)."""

    work: str
    found: float
    unit: str
    beside: str = ""
    limit: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it is over its bar."""
        return self.limit is not None and self.found > self.limit

    def __str__(self) -> str:
        bar = "" if self.limit is None else f"at most {self.limit:g}"
        end = "  MISSED" if self.missed else ""
        return f"{self.work:<58}{self.found:>9.2f} {self.unit:<16}{self.beside:<44}{bar:<12}{end}"


@dataclass(frozen=True)
class Run:
    """Seconds by the clock and of processors, and where the answers are."""

    seconds: float
    processor: float
    out: Path


class Bench:
    """The files, the cluster and the lines so far."""

    def __init__(self, folder: Path, client: Any, workers: int) -> None:
        self.folder, self.client, self.workers = folder, client, workers
        self.lines: list[Line] = []
        self._runs: Iterator[int] = iter(range(1_000_000))

    def say(self, *line: Any) -> None:
        """Keep a line of the table and print it."""
        self.lines.append(Line(*line))
        print(self.lines[-1], flush=True)

    def fresh(self, stem: str) -> Path:
        """Return a name in the folder that nothing has yet."""
        return self.folder / f"{stem}-{next(self._runs)}"

    def over_dask(self, points: Path, lines: Path, index: Path) -> Run:
        """Measure on the cluster."""
        out = self.fresh("out")
        spent, begun = self.spent(), time.perf_counter()
        distributed.nearest(points, lines, out=out, index=index, client=self.client)
        return Run(time.perf_counter() - begun, self.spent() - spent, out)

    def spent(self) -> float:
        """Return the processor seconds of all processes so far."""
        return time.process_time() + sum(self.client.run(time.process_time).values())

    def alone(self, points: Path, lines: Path) -> tuple[Run, float]:
        """Measure in one process; return its peak memory (GB), too."""
        out = self.fresh("one").with_suffix(".parquet")
        printed = subprocess.run(
            [sys.executable, "-c", ONE, points, lines, out],
            check=True,
            text=True,
            capture_output=True,
            env={**os.environ, "NUMBA_NUM_THREADS": str(self.workers)},
        ).stdout
        seconds, processor_s, memory = (float(line) for line in printed.split())
        return Run(seconds, processor_s, out), memory

    def peaks(self) -> list[float]:
        """Return the peak memory of each worker since the last call, GB."""
        return sorted(self.client.run(_peak).values())


def _peak() -> float:
    import re  # noqa: PLC0415 - this travels to the workers
    from pathlib import Path  # noqa: PLC0415

    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024 / 1e9  # type: ignore[union-attr]


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compare(bench: Bench, points: Path, lines: Path, what: str, *, repeats: int) -> None:
    """One process and the workers in turns, medians; the answers are equal."""
    mine, kept, other, memory = [], [], [], 0.0
    for _ in range(repeats):
        run, memory = bench.alone(points, lines)
        other.append(run)
        index = bench.fresh("index")
        mine.append(bench.over_dask(points, lines, index))
        kept.append(bench.over_dask(points, lines, index))
        check_equal(other[-1].out, mine[-1].out)
    for runs, which, bar in ((mine, "everything", OVERHEAD), (kept, "index kept", None)):
        for name, unit in (("seconds", "x the clock"), ("processor", "x the processor")):
            ours, theirs = (
                statistics.median(getattr(run, name) for run in some) for some in (runs, other)
            )
            beside = f"{ours:.1f} s; one process {theirs:.1f} s, {memory:.2f} GB"
            limit = bar if name == "seconds" else None
            bench.say(f"{what}, {which}", ours / theirs, unit, beside, limit)


def check_equal(file: Path, out: Path) -> None:
    """Stop when the answers of one process and of the workers are not equal to the last bit."""
    one = pd.read_parquet(file)
    answers = [pd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))]
    both = pd.concat(answers, ignore_index=True)
    same = np.array_equal(one["distance_m"], both["distance_m"])
    if not (same and (one["target"] == both["target"]).all()):
        raise SystemExit(f"{out} differs from the answers of one process")


def grow(bench: Bench, points: Path, lines: Path, millions: int, segments: int) -> None:
    """Index the targets, then measure ever more points to them."""
    index, unit = bench.folder / "index", f"x {segments} M segments"
    few = partitions.first_files(points, 1, bench.fresh("points"))
    bench.peaks()
    first, again = (bench.over_dask(few, lines, index) for _ in range(2))
    took, spent = first.seconds - again.seconds, first.processor - again.processor
    each = f"{spent / segments:.2f} s of a processor a million"
    bench.say(f"partitions and index of {segments} M segments", took, "s", each)
    bench.say("index on disk", partitions.disk_bytes(index) / 1e6 / segments, "B a segment")
    bench.say("  greatest memory of a worker", bench.peaks()[-1], "GB", "", WORKER_GB)
    sizes = sorted({n for n in (5, 10, 20, 50) if n < millions} | {millions})
    runs = []
    for size in sizes:
        some = partitions.first_files(points, size, bench.fresh("points"))
        runs.append(bench.over_dask(some, lines, index))
        each = f"{runs[-1].processor / size:.2f} us of a processor a point"
        bench.say(f"{size} M points {unit}", runs[-1].seconds, "s", each)
    memory = bench.peaks()
    each = ", ".join(f"{gb:.2f}" for gb in memory)
    bench.say("  greatest memory of a worker", memory[-1], "GB", f"workers: {each}", WORKER_GB)
    bench.say("answers on disk", partitions.disk_bytes(runs[-1].out) / 1e6 / millions, "B a point")
    for name, clock in (("seconds", "by the clock"), ("processor", "of the processor")):
        took = [getattr(run, name) for run in runs]
        power = float(np.polyfit(np.log(sizes), np.log(took), 1)[0]) if len(sizes) > 1 else np.nan
        bench.say(f"{sizes[0]} to {millions} M points: time grows as n to the", power, clock)
    one, memory_one = bench.alone(points, lines)
    check_equal(one.out, runs[-1].out)
    beside = f"one process {one.seconds:.1f} s, {memory_one:.2f} GB"
    bench.say(
        f"{millions} M points {unit}, index kept", runs[-1].seconds / one.seconds, "x", beside
    )


def rasters(bench: Bench, lines: Path) -> None:
    """State what a cell of 250 m costs."""
    frame = gpd.read_parquet(sorted(lines.glob("*.parquet"))[0])
    out = bench.fresh("raster")
    work = {"box": BOX, "client": bench.client}
    distributed.surface(frame, "10 km", bench.fresh("raster"), **work)  # compiles
    bench.peaks()
    spent = bench.spent()
    seconds = timed(lambda: distributed.surface(frame, "250 m", out, **work))
    spent = bench.spent() - spent
    with rasterio.open(out / "surface.vrt") as raster:
        cells = raster.width * raster.height
    each = f"{spent / cells * 1e9:.0f} ns of a processor a cell"
    bench.say(f"raster of {cells / 1e6:.1f} M cells of 250 m, written", seconds, "s", each)
    bench.say("  on disk", partitions.disk_bytes(out) / cells, "B a cell")
    index = f"{shapely.get_num_coordinates(frame.geometry.to_numpy()).sum() / 1e6:.1f} M vertices"
    bench.say("  greatest memory of a worker", bench.peaks()[-1], "GB", index, WORKER_GB)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="millions")
    parser.add_argument("--segments", type=int, default=10, help="millions")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="runs of what is compared, in turns")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    asked = parser.parse_args()
    print(f"nearest() over Dask; {processor()}, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="geo_ree-", dir=asked.folder) as temporary:
        folder = Path(temporary)
        points, lines = folder / "points", folder / "lines"
        made = timed(lambda: partitions.write_points(points, asked.points))
        made += timed(lambda: partitions.write_lines(lines, asked.segments))
        print(f"{partitions.disk_bytes(folder) / 1e9:.1f} GB of GeoParquet made in {made:.0f} s")
        begun = time.perf_counter()
        with distributed.open_cluster("local", asked.workers) as client:
            bench = Bench(folder, client, asked.workers)
            bench.say("opening a cluster", time.perf_counter() - begun, "s")
            fits = min(FITS, asked.points)
            few = partitions.first_files(points, fits, folder / "few")
            some = partitions.first_files(lines, 1, folder / "some")
            first = partitions.first_files(points, 1, folder / "first")
            bench.over_dask(first, some, bench.fresh("index"))  # compiles
            compare(bench, few, some, f"{fits} M points x 1 M segments", repeats=asked.repeats)
            grow(bench, points, lines, asked.points, asked.segments)
            rasters(bench, lines)
    print(f"afterwards the load is {os.getloadavg()[0]:.1f}")
    missed = [line for line in bench.lines if line.missed]
    print(
        "\n".join(["bars that were missed:", *map(str, missed)]) if missed else "every bar is met"
    )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())

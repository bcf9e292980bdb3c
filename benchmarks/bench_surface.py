"""surface() beside its peers: a raster of distances to 1 M segments, at 1 km and at 250 m.

python benchmarks/bench_surface.py [--resolutions 1000 250]

Fails when ours takes over four times as long as GDAL at the finest resolution, to the array or to
the file, or is not exact. Ours and GDAL take turns, medians of 3, each in a process of its own
(whose peak memory it tells), compiled beforehand. "To the array": ours from geometries in memory
through the building of the index to all cells, in strips that are not kept; GDAL from its features
in memory through rasterizing to the whole array; scipy and edt from GDAL's mask, whose seconds
are added. "To the file": the same, and a Cloud-Optimized GeoTIFF with the same options.

The peers measure on the plane, so they get the best single projection for the region (equidistant
conic 39/51 about 71 E), as many cells and squares of the same side; projecting is not counted.
Errors are against Karney's geodesics to the lines, at cells drawn at random. GDAL, scipy and edt
come with `make peers` (tools/peers/).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import network
import numpy as np
from bench_nearest import CONIC, PEERS, processor
from pyproj import Transformer
from scipy.spatial import cKDTree

from geo_ree.proximity import make_grid
from geo_ree.proximity.search.segments import to_ecef

BOX = (network.WEST, network.SOUTH, network.EAST, network.NORTH)
HERE = Path(__file__).resolve().parent
DEBIAN = Path("/usr/bin/python3")
BAR = 4.0
SAMPLE = 1_000

spec = importlib.util.spec_from_file_location("karney", HERE.parent / "tests/proximity/karney.py")
assert spec is not None and spec.loader is not None
karney = importlib.util.module_from_spec(spec)
spec.loader.exec_module(karney)

OURS = """
import json, re, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import geopandas as gpd, network, numpy as np, shapely
from geo_ree import __version__
from geo_ree.proximity import NearestIndex, make_grid, surface
from geo_ree.proximity.surfaces import strips
box = (network.WEST, network.SOUTH, network.EAST, network.NORTH)
lines = gpd.GeoDataFrame(geometry=shapely.linestrings(network.polylines()), crs=4326)
work = np.load(sys.argv[2])
for _ in strips(NearestIndex(lines.iloc[:100]), make_grid((46, 35, 47, 36), "10 km")): pass
grid, row, sample = make_grid(box, float(work["cell"])), 0, np.empty(len(work["row"]))
began = time.perf_counter()
index = NearestIndex(lines)
built = time.perf_counter()
for strip in strips(index, grid):
    at = np.flatnonzero((work["row"] >= row) & (work["row"] < row + len(strip)))
    sample[at] = strip[work["row"][at] - row, work["column"][at]]
    row += len(strip)
measured = time.perf_counter()
surface(lines, float(work["cell"]), Path(sys.argv[3], "ours.tif"), box=box)
written = time.perf_counter() - measured
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)
print(json.dumps({"name": f"geo_ree {__version__} surface()", "burn": built - began,
                  "measure": measured - built, "write": written - (measured - began),
                  "peak_gb": int(peak) * 1024 / 1e9, "sample": sample.tolist()}))
"""


@dataclass
class Row:
    """What one method took, and how far off its sample is."""

    name: str
    array_s: float
    file_s: float | None
    peak_gb: float
    error: np.ndarray
    exact: bool


def edges() -> tuple[np.ndarray, np.ndarray, cKDTree]:
    """Ends of all segments, and a tree over their middles."""
    lines = network.polylines()
    start, end = (lines[:, s].reshape(-1, 2) for s in (slice(None, -1), slice(1, None)))
    return start, end, cKDTree((to_ecef(*start.T) + to_ecef(*end.T)) / 2.0)


def truth(
    places: np.ndarray, found: np.ndarray, all_edges: tuple[np.ndarray, np.ndarray, cKDTree]
) -> np.ndarray:
    """Karney's least distance to the segments that have any part within what was found."""
    start, end, tree = all_edges
    half = np.linalg.norm(to_ecef(*start.T) - to_ecef(*end.T), axis=1).max() / 2.0
    out = np.empty(len(places))
    for i, (place, metres) in enumerate(zip(places, found, strict=True)):
        middle = to_ecef(*place[:, None])[0]
        radius = max(tree.query(middle)[0], metres) * 1.02 + half + 1.0
        at = np.array(tree.query_ball_point(middle, radius))
        some = karney.Edges(start[at], end[at], np.zeros(len(at), dtype=int))
        out[i] = karney.least(place[None], some)[0]
    return out


class Work:
    """One resolution: the same lines and numbers of cells for ours and for the peers."""

    def __init__(self, cell: float, folder: Path) -> None:
        self.cell, self.folder = cell, folder
        self.grid = make_grid(BOX, cell)
        dice = np.random.default_rng(network.SEED)
        self.row = dice.integers(0, self.grid.height, SAMPLE)
        self.column = dice.integers(0, self.grid.width, SAMPLE)
        self.conic = Transformer.from_crs(4326, CONIC, always_xy=True)
        lines = network.polylines()
        flat = np.stack(self.conic.transform(lines[..., 0], lines[..., 1]), axis=-1)
        low, high = flat.min(axis=(0, 1)), flat.max(axis=(0, 1))
        self.west = float((low[0] + high[0] - self.grid.width * cell) / 2.0)
        self.north = float((low[1] + high[1] + self.grid.height * cell) / 2.0)
        np.savez(
            folder / "work.npz",
            lines=flat,
            west=self.west,
            north=self.north,
            cell=cell,
            width=self.grid.width,
            height=self.grid.height,
            row=self.row,
            column=self.column,
        )

    def ours(self) -> dict[str, object]:
        """Run ours once, in a process of its own."""
        return run_json([sys.executable, "-c", OURS, HERE, self.folder / "work.npz", self.folder])

    def peer(self, name: str) -> dict[str, object]:
        """Run a peer once, in a process of its own."""
        python = DEBIAN if name == "gdal" else PEERS
        return run_json(
            [python, HERE / "peers_surface.py", name, self.folder / "work.npz", self.folder]
        )

    def places(self, *, flat: bool) -> np.ndarray:
        """Longitudes and latitudes of the sample."""
        if not flat:
            return np.column_stack(
                [self.grid.longitudes[self.column], self.grid.latitudes[self.row]]
            )
        return np.column_stack(
            self.conic.transform(
                self.west + (self.column + 0.5) * self.cell,
                self.north - (self.row + 0.5) * self.cell,
                direction="INVERSE",
            )
        )

    def inner(self, metres: np.ndarray) -> np.ndarray:
        """Cells of the peers that no line outside their rectangle could be nearest to."""
        rows, columns = self.grid.height, self.grid.width
        edge = np.min([self.row, rows - self.row, self.column, columns - self.column], axis=0)
        return metres < edge * self.cell


def run_json(command: list[object]) -> dict[str, object]:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    if command[0] in (DEBIAN, PEERS):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return json.loads(
        subprocess.run(
            [str(c) for c in command], check=True, capture_output=True, text=True, env=environment
        ).stdout
    )


def seconds(runs: list[dict], *, file: bool) -> float:
    parts = ("burn", "measure", "write") if file else ("burn", "measure")
    return statistics.median(sum(run[p] for p in parts) for run in runs)


def compare(work: Work, all_edges: tuple) -> list[Row]:
    """All methods at one resolution; ours and GDAL in turns."""
    ours, gdal = [], []
    for _ in range(3):
        ours.append(work.ours())
        gdal.append(work.peer("gdal"))
    burn = statistics.median(run["burn"] for run in gdal)
    others = [work.peer(name) for name in ("edt", "scipy")]
    rows = []
    found = np.array(ours[0]["sample"])
    real = truth(work.places(flat=False), found, all_edges)
    off = np.abs(found - real)
    exact = bool((off <= np.spacing(np.float32(real)) / 2 + karney.tolerance(real)).all())
    rows.append(
        Row(
            ours[0]["name"],
            seconds(ours, file=False),
            seconds(ours, file=True),
            ours[0]["peak_gb"],
            off,
            exact,
        )
    )
    real = truth(work.places(flat=True), np.array(gdal[0]["sample"]), all_edges)
    inner = work.inner(real)
    for runs in (gdal, *([run] for run in others)):
        off = np.abs(np.array(runs[0]["sample"]) - real)[inner]
        whole = runs is gdal
        rows.append(
            Row(
                runs[0]["name"],
                seconds(runs, file=False) + (0.0 if whole else burn),
                seconds(runs, file=True) if whole else None,
                runs[0]["peak_gb"],
                off,
                False,
            )
        )
    return rows


def show(work: Work, rows: list[Row], *, finest: bool) -> bool:
    """Print the table of one resolution; whether a bar was missed."""
    gdal = rows[1]
    cells = work.grid.width * work.grid.height
    print(
        f"\n{work.cell:g} m: {work.grid.width:,} x {work.grid.height:,} = {cells / 1e6:.1f} M cells"
    )
    print(f"{'':<92}{'error in metres':>36}")
    print(
        f"{'method':<40}{'array s':>9}{'x GDAL':>8}{'Mcell/s':>9}{'file s':>9}{'x GDAL':>8}"
        f"{'peak GB':>9}{'median':>12}{'99 %':>12}{'greatest':>12}"
    )
    for row in rows:
        file = (
            ("-", "-")
            if row.file_s is None or gdal.file_s is None
            else (f"{row.file_s:.2f}", f"{row.file_s / gdal.file_s:.2f}")
        )
        errors = [f"{np.quantile(row.error, q):.4f}" for q in (0.5, 0.99, 1.0)]
        print(
            f"{row.name:<40}{row.array_s:>9.2f}{row.array_s / gdal.array_s:>8.2f}"
            f"{cells / 1e6 / row.array_s:>9.1f}{file[0]:>9}{file[1]:>8}{row.peak_gb:>9.2f}"
            f"{errors[0]:>12}{errors[1]:>12}{errors[2]:>12}"
        )
    ours = rows[0]
    assert ours.file_s is not None and gdal.file_s is not None
    slow = max(ours.array_s / gdal.array_s, ours.file_s / gdal.file_s) > BAR
    if not ours.exact:
        print("MISSED: a cell is off by more than float32 rounding and what nearest() promises")
    return not ours.exact or (finest and slow)


def main() -> int:
    parser = argparse.ArgumentParser(description="surface() beside its peers")
    parser.add_argument("--resolutions", type=float, nargs="+", default=[1000.0, 250.0])
    cells = parser.parse_args().resolutions
    if not PEERS.exists() or not DEBIAN.exists():
        print("GDAL, scipy or edt is missing: run make peers")
        return 1
    print(f"surface() beside its peers; {processor()}, load {os.getloadavg()[0]:.1f}")
    all_edges, missed = edges(), False
    for cell in sorted(cells, reverse=True):
        with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
            work = Work(cell, Path(folder))
            missed |= show(work, compare(work, all_edges), finest=cell == min(cells))
    print(
        f"\nbar: at most {BAR:g} times GDAL's seconds at {min(cells):g} m, and exact: "
        f"{'MISSED' if missed else 'held'}; the load is now {os.getloadavg()[0]:.1f}"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

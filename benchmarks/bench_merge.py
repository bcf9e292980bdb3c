"""How merging grows: made-up records as dense as MRDS, up to 300,000, each size in its own process.

    python benchmarks/bench_merge.py [--most 300000]

Prints seconds, peak memory, pairs compared and deposits for each size, and the ratio to the size
before. Exits 1 when the largest takes over 60 s or 4 GB on this machine.
"""

import argparse
import subprocess
import sys

RUN = r"""
import re, sys, time
from pathlib import Path
import geopandas as gpd
import numpy as np
import shapely
from geo_ree.deposits import merge
from geo_ree.schema import check_layer

count = int(sys.argv[1])
rng = np.random.default_rng(20240607)
# Syllables as in the names of the region; a third of the records repeat another one's name nearby.
parts = ["ak", "kara", "tash", "bulak", "tau", "kol", "sai", "zhan", "sary", "kum", "tyub", "mer",
         "gold", "silver", "hill", "creek", "lucky", "star", "north", "queen", "bell", "iron"]
names = [" ".join("".join(rng.choice(parts, 2)) for _ in range(2)) + f" {n % 997}" * (n % 5 == 0)
         for n in range(count)]
hubs = rng.uniform([-125, 30], [-100, 49], (max(count // 300, 1), 2))
lon, lat = (hubs[rng.integers(len(hubs), size=count)] + rng.normal(0, 0.4, (count, 2))).T
for n in rng.choice(count, count // 3, replace=False):
    other = int(rng.integers(count))
    names[n] = names[other]
    lon[n], lat[n] = lon[other] + rng.normal(0, 0.02), lat[other] + rng.normal(0, 0.02)
goods = np.array(["Au", "Ag;Au", "Cu", "Pb;Zn", "Fe", "W", None], dtype=object)
frame = gpd.GeoDataFrame({
    "id": [f"x:{n}" for n in range(count)], "source_id": rng.choice(["a", "b", "c"], count),
    "name": names, "commodities": goods[rng.integers(len(goods), size=count)], "kind": "deposit",
    "commodity_group": "unknown", "role": "context", "precision_class": "arc_second",
    "position_error_m": 500.0, "country": "USA", "country_reported": "United States",
}, geometry=shapely.points(lon, lat), crs=4326)
records = check_layer(frame, "deposits")
start = time.perf_counter()
merged = merge(records)
seconds = time.perf_counter() - start
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024
print(seconds, peak, len(merged.pairs), len(merged.deposits))
"""
SIZES = (10_000, 30_000, 100_000, 300_000)
MOST_SECONDS, MOST_MEGABYTES = 60.0, 4000.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=SIZES[-1])
    most = options.parse_args().most
    print(f"{'records':>9}{'seconds':>9}{'MB':>8}{'pairs':>10}{'deposits':>10}{'x before':>10}")
    before = 0.0
    for size in (s for s in SIZES if s <= most):
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(size)], capture_output=True, text=True, check=True
        )
        seconds, peak, pairs, deposits = map(float, done.stdout.split())
        ratio = f"{seconds / before:.1f}" if before else ""
        print(f"{size:>9}{seconds:>9.1f}{peak:>8.0f}{pairs:>10.0f}{deposits:>10.0f}{ratio:>10}")
        before = seconds
    if most < SIZES[-1]:
        return 0
    ok = seconds <= MOST_SECONDS and peak <= MOST_MEGABYTES
    print(
        "within" if ok else "OVER", f"the bar of {MOST_SECONDS:.0f} s and {MOST_MEGABYTES:.0f} MB"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())

"""How much memory and time a country's OpenStreetMap file takes, table by table.

python benchmarks/bench_osm.py [--megabytes 200]

Writes a made-up .osm.pbf of random walks with pyosmium, then reads each table of the catalogue
entry in a process of its own.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

ENTRY = "osm_kazakhstan"
READ = r"""
import os, re, resource, sys, threading, time
from pathlib import Path
from geo_ree.catalog import load_catalog
from geo_ree.fetching import read

disk = private = 0

def figure(name):
    found = re.search(name + r":\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024

def watch():  # libosmium removes its index of nodes as soon as it is open
    global disk, private
    while True:
        sizes = []
        for link in Path("/proc/self/fd").iterdir():
            try:
                if os.readlink(link).endswith("(deleted)"):
                    sizes.append(link.stat().st_size)
            except OSError:
                pass
        disk, private = max(disk, sum(sizes)), max(private, figure("RssAnon"))
        time.sleep(0.2)

threading.Thread(target=watch, daemon=True).start()
part = next(p for p in load_catalog()[sys.argv[1]].parts() if p.part == sys.argv[2])
start = time.perf_counter()
rows = len(read(part, Path(sys.argv[3])))
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)
print(rows, figure("VmHWM"), private, disk / 1e6, used.ru_utime + used.ru_stime, seconds)
"""
# What the ways of a country are, about: mostly buildings, land use, tracks and streets.
KINDS = (
    (0.55, {"building": "yes"}),
    (0.12, {"landuse": "farmland"}),
    (0.15, {"highway": "track"}),
    (0.10, {"highway": "residential"}),
    (0.03, {"highway": "tertiary"}),
    (0.015, {"highway": "primary", "name": "Жол", "name:en": "Road"}),
    (0.01, {"railway": "rail", "gauge": "1520"}),
    (0.01, {"power": "line", "voltage": "220000;110000"}),
    (0.005, {"power": "minor_line", "voltage": "10000"}),
    (0.005, {"power": "substation", "voltage": "110000"}),
    (0.005, {"power": "plant", "plant:source": "coal", "plant:output:electricity": "500 MW"}),
)


def write_country(path: Path, megabytes: float) -> tuple[int, int]:
    """Write until the file would be as large as asked, in the order that such files have."""
    dice = random.Random(20240607)
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    ways: list[tuple[int, int, int]] = []  # first node, nodes, kind
    number = 0
    weights = [w for w, _ in KINDS]
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        while path.stat().st_size < megabytes * 0.845e6:  # the rest is that of the ways
            for _ in range(2_000):
                kind = dice.choices(range(len(KINDS)), weights)[0]
                length = dice.randint(4, 16)
                lon, lat = dice.uniform(50, 85), dice.uniform(42, 54)
                first = number + dice.randint(1, 6_000)  # other countries' nodes lie between
                for number in range(first, first + length):
                    writer.add_node(Node(id=number, location=(lon, lat), version=1))
                    lon, lat = lon + dice.gauss(0, 2e-3), lat + dice.gauss(0, 2e-3)
                ways.append((first, length, kind))
        for way, (first, length, kind) in enumerate(ways, 1):
            tags = KINDS[kind][1]
            nodes = list(range(first, first + length))
            if (
                "highway" not in tags
                and "railway" not in tags
                and "line" not in tags.get("power", "")
            ):
                nodes.append(first)
            writer.add_way(Way(id=way, nodes=nodes, tags=tags, version=1))
        for relation in range(1, len(ways) // 200):
            outer = [("w", relation * 100, "outer"), ("w", relation * 100 + 1, "outer")]
            tags = {"type": "multipolygon", "landuse": "quarry"}
            writer.add_relation(Relation(id=relation, members=outer, tags=tags, version=1))
    return sum(length for _, length, _ in ways), len(ways)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=200.0)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        path = Path(folder, "country.osm.pbf")
        start = time.perf_counter()
        nodes, ways = write_country(path, megabytes)
        print(
            f"{path.stat().st_size / 1e6:.0f} MB: {nodes} nodes, {ways} ways, written in "
            f"{(time.perf_counter() - start) / 60:.1f} min"
        )
        heads = ("memory MB", "private MB", "disk MB", "CPU s", "minutes")
        print(f"{'table':<14}{'rows':>9}" + "".join(f"{head:>11}" for head in heads))
        for table in ("railways", "roads", "power_lines", "power_plants"):
            output = subprocess.run(
                [sys.executable, "-c", READ, ENTRY, table, str(path)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            rows, *figures, seconds = output.split()
            print(
                f"{table:<14}{rows:>9}"
                + "".join(f"{float(figure):>11.0f}" for figure in figures)
                + f"{float(seconds) / 60:>11.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

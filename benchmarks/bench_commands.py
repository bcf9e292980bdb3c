"""How long commands take that start from a kept run, beside the full run.

python benchmarks/bench_commands.py [--data FOLDER] [--repeat 3]

FOLDER has what was fetched; it is copied. Without it the starter data are used.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLACES = ("Kutessay II", "Aktyuz")
COMMANDS: dict[str, tuple[float, tuple[str, ...]]] = {
    "visit, two sites": (4.0, ("visit", *PLACES)),
    "map": (4.0, ("map",)),
    "export --format csv": (4.0, ("export", "--format", "csv")),
    "score, the same": (4.0, ("score",)),
    "explain": (2.0, ("explain", PLACES[0])),
}
"""Command -> most seconds on two quiet cores, and its words."""

OTHER_PRESET = ("score --preset bulk", 4.0, ("score", "--preset", "bulk"))


def measure(folder: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Seconds by the clock, and of the processors."""
    where = ["--data", str(folder / "data")]
    where += [] if words[0] == "explain" else ["--out", str(folder / "out")]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "geo_ree", *words, *where]
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(name: str, found: list[tuple[float, float]], bar: float) -> bool:
    """Print the median, and return whether it is within the bar."""
    wall, processors = (statistics.median(values) for values in zip(*found, strict=True))
    limit = f"bar: {bar:.0f} s" if bar else ""
    print(f"{name:24} {wall:6.2f} s, processors {processors:6.2f} s   {limit}", flush=True)
    return not bar or wall <= bar


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.data is not None:
            shutil.copytree(asked.data / "raw", folder / "data" / "raw")
        measure(folder, ("run", "--fresh"))  # compiles where the machine never did
        show("run --fresh", [measure(folder, ("run", "--fresh"))], 0.0)
        held = True
        for label, (bar, words) in COMMANDS.items():
            held &= show(label, [measure(folder, words) for _ in range(asked.repeat)], bar)
        label, bar, words = OTHER_PRESET
        found = []
        for _ in range(asked.repeat):
            shutil.rmtree(folder / "data" / "processed" / "runs")  # its layers and measures stay
            found.append(measure(folder, words))
        return int(not (show(label, found, bar) and held))


if __name__ == "__main__":
    sys.exit(main())

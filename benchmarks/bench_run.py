"""How long `geo-ree run` takes when warm, and which part of it is imports.

python benchmarks/bench_run.py [--repeat 3]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORTS = "import geo_ree.pipeline.computation, geo_ree.cli.console.summary"


def seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        run = [
            sys.executable,
            "-m",
            "geo_ree",
            "run",
            "--fresh",
            "--data",
            str(Path(folder, "data")),
            "--out",
            str(Path(folder, "out")),
        ]
        first = seconds(*run)
        whole = statistics.median(seconds(*run) for _ in range(repeat))
    imports = statistics.median(seconds(sys.executable, "-c", IMPORTS) for _ in range(repeat))
    usage = statistics.median(
        seconds(sys.executable, "-m", "geo_ree", "--help") for _ in range(repeat)
    )
    print(f"geo-ree run, first time   {first:6.2f} s (compiles when the machine never did)")
    print(f"geo-ree run, warm         {whole:6.2f} s (bar: 15 s)")
    print(f"  of it imports           {imports:6.2f} s = {imports / whole:.0%} (bar: 50 %)")
    print(f"geo-ree --help            {usage:6.2f} s (bar: 0.30 s)")


if __name__ == "__main__":
    main()

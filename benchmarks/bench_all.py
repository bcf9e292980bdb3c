"""Every benchmark in turn but bench_dask.py: prints all tables, and fails when any bar was missed.

python benchmarks/bench_all.py [NAME...]

Each runs in a process of its own, so that memory is counted apart, and the next one runs whether
or not the one before met its bars.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPTIONS = {"osm": ["--megabytes", "20"]}
MOST_MINUTES = 30.0


def main() -> int:
    names = sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py"))
    names.remove("all")
    names.remove("dask")  # make bench-dask: it needs all processors and some GB of disk
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(names)}")
    asked = parser.parse_args().names or names
    unknown = sorted({*asked} - {*names})
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(names)}")
    begun, failed = time.perf_counter(), []
    for name in asked:
        print(f"\n== {name} ==", flush=True)
        script = HERE / f"bench_{name}.py"
        if subprocess.run([sys.executable, script, *OPTIONS.get(name, [])], check=False).returncode:
            failed.append(name)
    minutes = (time.perf_counter() - begun) / 60
    print(f"\n{len(asked)} benchmarks in {minutes:.1f} minutes")
    if minutes > MOST_MINUTES:
        failed.append(f"all of them together, {minutes:.1f} of {MOST_MINUTES:.0f} minutes")
    if failed:
        print(f"a bar was missed, or the run failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

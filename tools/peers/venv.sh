#!/usr/bin/env bash
# DuckDB with its spatial extension, scipy, edt, rustworkx and networkx, and folium's clusters, for
# benchmarks/bench_nearest.py, bench_surface.py, bench_routes.py and bench_page.py: a venv of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
pins=tools/peers/venv.txt
home=.servers/peers
cmp -s "$pins" "$home/installed.txt" && exit 0
rm -rf "$home"
mkdir -p .servers
"${PYTHON:-python3}" -m venv "$home"
"$home/bin/python" -m pip install -qq --disable-pip-version-check --only-binary :all: -r "$pins"
cp "$pins" "$home/installed.txt" # last: it says that everything above went well

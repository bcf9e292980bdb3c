#!/usr/bin/env bash
# GDAL's Python bindings as Debian packs them, for benchmarks/bench_surface.py.
set -euo pipefail
/usr/bin/python3 -c 'from osgeo import gdal' 2>/dev/null && exit 0
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  python3-gdal >/dev/null

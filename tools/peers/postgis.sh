#!/usr/bin/env bash
# PostgreSQL with PostGIS as Debian packs them, for benchmarks/bench_nearest.py, which starts and
# stops a cluster of its own.
set -euo pipefail
compgen -G '/usr/lib/postgresql/*/lib/postgis-3.so' >/dev/null && exit 0
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  postgresql postgresql-postgis >/dev/null

#!/usr/bin/env bash
# MapServer as Debian packs it, for tests/ingest/test_wfs.py: a CGI program, no web server.
set -euo pipefail
[ -x /usr/lib/cgi-bin/mapserv ] && exit 0
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  cgi-mapserver >/dev/null

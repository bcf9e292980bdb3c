#!/usr/bin/env bash
# pygeoapi for tests/ingest/test_ogcapi.py, in an environment of its own: its pins are not ours.
set -euo pipefail
cd "$(dirname "$0")/../.."
pins=tools/servers/pygeoapi.txt
home=.servers/pygeoapi
cmp -s "$pins" "$home/installed.txt" && exit 0
rm -rf "$home"
mkdir -p .servers
"${PYTHON:-python3}" -m venv "$home"
"$home/bin/python" -m pip install -qq --disable-pip-version-check --only-binary :all: -r "$pins"
cp "$pins" "$home/installed.txt" # last: it says that everything above went well

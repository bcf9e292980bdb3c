#!/usr/bin/env bash
# Moto: an S3 server on loopback, for the tests of Overture's reader; in a venv of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=5.2.5
home=.servers/moto
if [ "$("$home/bin/python" -c 'import importlib.metadata as m; print(m.version("moto"))' 2>/dev/null)" != "$version" ]; then
  python3 -m venv --clear "$home"
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check "moto[s3,server]==$version"
fi

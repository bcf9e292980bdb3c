#!/usr/bin/env bash
# Koop, a real ArcGIS feature service for the tests, into .servers/koop (ignored by git).
set -euo pipefail
cd "$(dirname "$0")/../.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

recipe=tools/servers/koop/package.json
home=.servers/koop
if cmp -s "$recipe" "$home/installed.json"; then
  exit 0
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    nodejs npm >/dev/null
fi
rm -rf "$home"
mkdir -p "$home"
cp "$recipe" "$home/package.json"
# no lock file: it would hold addresses of the registry that happened to be asked
npm install --prefix "$home" --ignore-scripts --omit=dev --no-audit --no-fund --no-package-lock \
  --loglevel=error >/dev/null
cp "$recipe" "$home/installed.json"

#!/usr/bin/env bash
# axe-core, which tells what keeps a page from people, for the tests of the page: into .servers/axe
# (ignored by git). No server, but fetched like them.
set -euo pipefail
cd "$(dirname "$0")/../.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

recipe=tools/servers/axe/package.json
home=.servers/axe
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

#!/usr/bin/env bash
# What the tests of the page ask (axe-core, ESLint), into .servers/page (ignored by git). No server, but
# fetched like them.
set -euo pipefail
cd "$(dirname "$0")/../.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

recipe=tools/servers/page/package.json
home=.servers/page
config=eslint.config.mjs
if cmp -s "$recipe" "$home/installed.json"; then
  cp "tools/servers/page/$config" "$home/$config"
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
# beside its plugins, where node looks for them
cp "tools/servers/page/$config" "$home/$config"
# no lock file: it would hold addresses of the registry that happened to be asked
npm install --prefix "$home" --ignore-scripts --omit=dev --no-audit --no-fund --no-package-lock \
  --loglevel=error >/dev/null
cp "$recipe" "$home/installed.json"

#!/bin/sh
# Installs the locked dependencies when they are missing or older than the lock file.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
stamp=node_modules/.taffrail-installed
if [ ! -f "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
  echo 'taffrail: installing dependencies (npm ci)'
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi

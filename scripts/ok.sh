#!/bin/sh
# The gate: types, lint and format, dead code, then every test.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
sh scripts/bootstrap.sh
PATH=$root/node_modules/.bin:$PATH
echo '== types';  tsc
echo '== lint and format'; biome check --error-on-warnings .
echo '== dead code'; knip
echo '== tests'; sh scripts/test.sh

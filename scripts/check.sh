#!/bin/sh
# What reads the code without running it: types, lint and format, dead code.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
PATH=$root/node_modules/.bin:$root/node_modules/node/bin:$PATH
echo '== types'
tsc
echo '== lint and format'
biome check --error-on-warnings .
echo '== dead code'
knip

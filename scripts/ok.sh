#!/bin/sh
# The gate: everything that must hold before a change lands.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
sh scripts/bootstrap.sh
sh scripts/check.sh
echo '== tests'
exec sh scripts/test.sh

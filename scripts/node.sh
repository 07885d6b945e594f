#!/bin/sh
# Runs a script of the project with the Node that bin/taffrail uses.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/find-node.sh"
exec "$node" --disable-warning=ExperimentalWarning "$@"

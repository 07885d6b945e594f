#!/bin/sh
# npm test: every unit test, script and journey. Arguments are passed on to the test runner.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
exec sh scripts/node.sh --import ./test/seed.ts --test --test-concurrency=2 --test-timeout=240000 "$@" 'src/**/*.test.ts' 'test/*.test.ts' 'test/journeys/*.test.ts'

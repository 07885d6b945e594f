#!/bin/sh
# Compiles src/logs/collect/plain-lines.as (AssemblyScript) into plain-lines-module.ts. Only who changes the former needs the compiler, so it
# is fetched for the occasion and is no dependency; a test holds that the module was made from the source as it is.
set -eu
cd "$(dirname "$0")/.."
room=src/logs/collect
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$room/plain-lines.as" "$work/plain-lines.ts"
npm exec --yes --package assemblyscript@0.28.20 -- asc "$work/plain-lines.ts" --outFile "$work/plain-lines.wasm" \
  --runtime stub --noAssert -O3 --enable simd --importMemory
sh scripts/node.sh -e '
const { readFileSync, writeFileSync } = require("node:fs");
const { createHash } = require("node:crypto");
const [source, wasm, target] = process.argv.slice(1);
const hash = createHash("sha256").update(readFileSync(source)).digest("hex");
const text = readFileSync(wasm, "base64").match(/.{1,100}/g).map((line) => `  "${line}"`.replaceAll("\"", "\x27")).join(" +\n");
writeFileSync(target, `/** Made from plain-lines.as by scripts/wasm.sh. */\nexport const plainLinesModule =\n${text};\n\n/** SHA-256 of the source that it was made from. */\nexport const plainLinesSourceHash = \x27${hash}\x27;\n`);
' "$room/plain-lines.as" "$work/plain-lines.wasm" "$room/plain-lines-module.ts"

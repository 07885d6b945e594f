#!/bin/sh
# Compiles each NAME.as (AssemblyScript) into NAME-module.ts beside it. Only who changes the former needs the compiler, so it
# is fetched for the occasion and is no dependency; a test holds that the modules were made from the sources as they are.
#
#   sh scripts/wasm.sh [src/…/NAME.as …]
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(find src -name '*.as' | sort)
for source; do
  cp "$source" "$work/source.ts"
  npm exec --yes --package assemblyscript@0.28.20 -- asc "$work/source.ts" --outFile "$work/module.wasm" \
    --runtime stub --noAssert -O3 --enable simd --importMemory
  sh scripts/node.sh -e '
const { readFileSync, writeFileSync } = require("node:fs");
const { createHash } = require("node:crypto");
const { basename } = require("node:path");
const [source, wasm] = process.argv.slice(1);
const name = basename(source, ".as").replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
const hash = createHash("sha256").update(readFileSync(source)).digest("hex");
const text = readFileSync(wasm, "base64").match(/.{1,100}/g).map((line) => `  "${line}"`.replaceAll("\"", "\x27")).join(" +\n");
const target = source.replace(/\.as$/, "-module.ts");
writeFileSync(target, `/** Made by scripts/wasm.sh from ${basename(source)}, SHA-256 ${hash}. */\nexport const ${name}Module =\n${text};\n`);
' "$source" "$work/module.wasm"
done

# Sourced with $root set: leaves in $node the path of a Node of at least 24.
node=
if command -v node >/dev/null 2>&1; then
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  [ "$major" -ge 24 ] && node=$(command -v node)
fi
[ -n "$node" ] || node=$root/node_modules/node/bin/node
if [ ! -x "$node" ]; then
  echo "taffrail: no Node.js 24 found; run 'npm install' in $root first" >&2
  exit 1
fi

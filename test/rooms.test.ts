import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Which room may import which. A room is the longest of these names that a path begins with; every room may import base. */
const rooms: Record<string, string[]> = {
  base: [],
  telemetry: [],
  http: ['telemetry'],
  'kubernetes/client': [],
  'kubernetes/schema': ['kubernetes/client'],
  'kubernetes/selector': [],
  'kubernetes/pki': [],
  'kubernetes/serve': ['kubernetes/client', 'kubernetes/schema', 'kubernetes/selector', 'kubernetes/pki', 'telemetry'],
  'kubernetes/delegate': ['kubernetes/client', 'kubernetes/serve', 'telemetry'],
  'logs/batch': [],
  'logs/collect': ['logs/batch', 'kubernetes/client', 'telemetry'],
  'logs/ship': ['logs/batch', 'telemetry'],
  'logs/level': [],
  'logs/patterns': [],
  'logs/receive': ['logs/batch', 'logs/level', 'logs/store', 'http', 'telemetry'],
  'logs/store': ['logs/batch', 'logs/block', 'telemetry'],
  'logs/serve': [
    'logs/batch',
    'logs/block',
    'logs/level',
    'logs/patterns',
    'logs/query',
    'logs/store',
    'http',
    'kubernetes/selector',
    'telemetry',
  ],
  'sandbox/manifests': ['kubernetes/client'],
  'sandbox/control': [
    'kubernetes/client',
    'kubernetes/schema',
    'kubernetes/selector',
    'kubernetes/pki',
    'kubernetes/serve',
    'telemetry',
  ],
  'sandbox/node': ['kubernetes/client', 'kubernetes/delegate', 'kubernetes/serve', 'telemetry'],
  exposition: [],
  resources: [],
  'resources/window': ['resources', 'telemetry'],
  'resources/scrape': [
    'resources',
    'resources/window',
    'exposition',
    'kubernetes/client',
    'kubernetes/selector',
    'telemetry',
  ],
  'resources/serve': [
    'resources',
    'kubernetes/client',
    'kubernetes/schema',
    'kubernetes/selector',
    'kubernetes/serve',
    'telemetry',
  ],
  'series/query': ['telemetry'],
  'series/store': ['series/query', 'telemetry'],
  'series/scrape': [
    'series/query',
    'series/store',
    'exposition',
    'kubernetes/client',
    'kubernetes/schema',
    'telemetry',
  ],
  'series/remote': ['series/query', 'series/store', 'telemetry'],
  'series/serve': ['series/query', 'series/store', 'exposition', 'http', 'telemetry'],
  'logs/block': [],
  'logs/query': ['logs/batch', 'logs/block', 'logs/level', 'logs/store', 'telemetry'],
  processes: ['*'],
  cli: ['*'],
};

/** Imports from outside go to a room's door; these are the further doors of rooms that have more than one. */
const furtherDoors = new Set([
  'http/principal.ts',
  'kubernetes/client/delete-exactly.ts',
  'kubernetes/client/http-client.ts',
  'kubernetes/client/reflector.ts',
  'kubernetes/client/rereading-file.ts',
  'kubernetes/client/in-cluster.ts',
  'kubernetes/client/kubeconfig.ts',
  'kubernetes/client/status.ts',
  'kubernetes/schema/duplicate-fields.ts',
  'kubernetes/schema/json-patch.ts',
  'kubernetes/schema/merge-patch.ts',
  'kubernetes/schema/openapi.ts',
  'kubernetes/schema/openapi-v2-protobuf.ts',
  'kubernetes/schema/quantity.ts',
  'kubernetes/schema/registry.ts',
  'logs/block/encode.ts',
  'logs/query/blocks.ts',
  'logs/serve/protocol.ts',
  'logs/store/block-file.ts',
  'logs/store/open.ts',
  'series/store/open.ts',
  'sandbox/control/controllers/controllers.ts',
  'sandbox/manifests/apply.ts',
]);

interface Import {
  file: string;
  target: string;
}

function imports(): Import[] {
  const found: Import[] = [];
  for (const file of globSync('**/*.ts', { cwd: src })) {
    const text = readFileSync(join(src, file), 'utf8');
    for (const [, path] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      found.push({ file, target: relative(src, join(src, dirname(file), path!)) });
    }
  }
  return found;
}

/** Tests, and what only tests use. */
function isTest(file: string): boolean {
  return /(\.test|-fixture|-under-test)\.ts$/.test(file);
}

function roomOf(path: string): string {
  const names = Object.keys(rooms).filter((name) => path === name || path.startsWith(`${name}/`));
  return names.sort((a, b) => b.length - a.length)[0] ?? `(${path.split('/')[0]}: not in the table)`;
}

function isDoor(target: string, room: string): boolean {
  return (
    target === `${room}/${room.split('/').at(-1)}.ts` ||
    furtherDoors.has(target) ||
    ['base', 'cli', 'processes'].includes(room)
  );
}

test('every file is in a room of the table', () => {
  const strays = globSync('**/*.ts', { cwd: src }).filter((file) => roomOf(file).startsWith('('));
  assert.deepEqual(strays, []);
});

test('rooms import only the rooms that the table allows', () => {
  const wrong = imports().filter(({ file, target }) => {
    if (isTest(file)) return false;
    const [from, to] = [roomOf(file), roomOf(target)];
    return from !== to && to !== 'base' && !rooms[from]?.includes('*') && !rooms[from]?.includes(to);
  });
  assert.deepEqual(wrong, []);
});

test('outsiders import a room by its door', () => {
  const wrong = imports().filter(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    return from !== to && !isTest(file) && !isDoor(target, to);
  });
  assert.deepEqual(wrong, []);
});

test('base imports nothing above it', () => {
  const wrong = imports().filter(({ file, target }) => roomOf(file) === 'base' && roomOf(target) !== 'base');
  assert.deepEqual(wrong, []);
});

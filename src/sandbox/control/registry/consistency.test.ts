import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { createSchemas } from '../../../kubernetes/schema/registry.ts';
import { parseFieldSelector, parseLabelSelector } from '../../../kubernetes/selector/selector.ts';
import { StatusError } from '../../../kubernetes/serve/serve.ts';
import { configMaps } from '../kinds/configuration.ts';
import { ObjectStore } from '../store/object-store.ts';
import { list } from './list.ts';
import type { Registry } from './registry.ts';
import { watch } from './watch.ts';

const schemas = createSchemas();
const windowEventsMax = 12;
const everywhere = { namespace: '', name: '' };

const operation = fc.record({
  what: fc.constantFrom('write', 'write', 'delete'),
  namespace: fc.constantFrom('m', 'n'),
  name: fc.constantFrom('a', 'b', 'c'),
  tier: fc.constantFrom('x', 'y'),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function apply(store: ObjectStore, { what, namespace, name, tier }: Operation): void {
  const current = store.read(configMaps.stored, { namespace, name });
  if (what === 'delete') {
    if (current) store.remove(configMaps.stored, current);
    return;
  }
  const object: KubeObject = { kind: 'ConfigMap', metadata: { name, namespace, labels: { tier } } };
  store.write(configMaps.stored, object, current);
}

const selection = (labels: string, fields = '') => ({
  labels: parseLabelSelector(labels),
  fields: parseFieldSelector(fields),
});
const exactly = (resourceVersion: number, labels: string) => ({
  selection: selection(labels),
  limit: 0,
  continueToken: '',
  resourceVersion,
  match: 'Exact' as const,
});
const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
const described = (objects: Iterable<KubeObject>) =>
  [...objects].map((object) => `${keyOf(object)}@${object.metadata.resourceVersion}`).sort();

test('a list at a version, and a watch from it, always lead to the present state; what is too old is refused', () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 30 }),
      fc.constantFrom('', 'tier=x', 'tier!=x'),
      (operations, labels) => {
        const directory = mkdtempSync(join(tmpdir(), 'taffrail-consistency-'));
        const store = new ObjectStore(directory, { windowEventsMax, windowBytesMax: 1e6 });
        try {
          check(store, operations, labels);
        } finally {
          store.close();
          rmSync(directory, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 60 },
  );
});

function check(store: ObjectStore, operations: Operation[], labels: string): void {
  const registry = { store, schemas, pageItemsMax: 1000 } as unknown as Registry;
  const past = [{ version: store.version, listed: described([]) }];
  for (const each of operations) {
    apply(store, each);
    const now = list(registry, configMaps, everywhere, exactly(store.version, labels));
    past.push({ version: store.version, listed: described(now.items) });
  }
  const present = past.at(-1)!.listed;
  for (const { version, listed } of past) {
    let known: KubeObject[];
    try {
      known = list(registry, configMaps, everywhere, exactly(version, labels)).items;
    } catch (error) {
      assert.ok(error instanceof StatusError && error.code === 410);
      assert.ok(version < store.window(configMaps.stored).floor, 'only what has left the window is refused');
      continue;
    }
    assert.deepEqual(described(known), listed);
    assert.deepEqual(described(followed(registry, known, version, labels).values()), present);
  }
}

/** What a reflector would hold that has listed at a version and then followed. */
function followed(registry: Registry, known: KubeObject[], version: number, labels: string): Map<string, KubeObject> {
  const held = new Map(known.map((object) => [keyOf(object), object]));
  const options = { selection: selection(labels), resourceVersion: version, sendInitialEvents: false };
  let last = version;
  const running = watch(registry, configMaps, everywhere, options, {
    event: (type, object) => {
      assert.equal(held.has(keyOf(object)), type !== 'ADDED', `${type} of ${keyOf(object)}`);
      assert.ok(Number(object.metadata.resourceVersion) > last, 'versions go up');
      last = Number(object.metadata.resourceVersion);
      if (type === 'DELETED') held.delete(keyOf(object));
      else held.set(keyOf(object), object);
    },
  });
  running.stop();
  return held;
}

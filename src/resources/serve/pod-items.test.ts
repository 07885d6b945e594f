import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContainerMetrics, PodMetrics } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import { JsonListForm } from './json-form.ts';
import { writeItem } from './json-item.ts';
import { PodHeads } from './pod-heads.ts';
import { PodItems } from './pod-items.ts';
import { measuredMs, pod, usage } from './server-under-test.ts';

/** As a list has them that knows no heads. */
function written(pods: readonly PodMetrics[], nowMs: number): string {
  const writer = new ByteWriter();
  for (const each of pods) {
    writer.plain(',{');
    writeItem(writer, each, nowMs);
    writer.plain('}');
  }
  return Buffer.concat(writer.end()).toString();
}

/** The pods' numbers, taken one by one; gives what the module has written and how many it took. */
function byModule(pods: readonly PodMetrics[], nowMs: number, heads: PodHeads): { text: string; count: number } {
  const writer = new ByteWriter();
  const items = new PodItems(heads, writer, nowMs);
  const count = pods.filter((each) => items.add(each)).length;
  items.write();
  return { text: Buffer.concat(writer.end()).toString(), count };
}

/** In one list after the other, so that heads are kept. */
function listed(pods: readonly PodMetrics[], nowMs: number, heads: PodHeads): string {
  const form = new JsonListForm('PodMetrics', { nowMs, pretty: false, contentType: '' }, heads);
  for (const each of pods) form.add(each);
  return Buffer.concat(form.end()).toString();
}

function assertListed(pods: readonly PodMetrics[], nowMs: number, heads: PodHeads): void {
  const items = written(pods, nowMs).slice(1);
  const list = `{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[${items}]}\n`;
  assert.equal(listed(pods, nowMs, heads), list);
}

/** Wherever it is written: a head of two pieces would not be kept. */
function keepHead(of: PodMetrics, heads: PodHeads): void {
  const writer = new ByteWriter();
  writer.plain('x'.repeat(5000));
  writeItem(writer, of, measuredMs, heads);
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('main', 'sidecar', '"', '\\', '\n', 'ü', 'x'.repeat(300)),
);
const plainAmount = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 2_000_000 }),
  fc
    .tuple(fc.nat({ max: 8000 }), fc.constantFrom(1, 1e3, 1e6, 1e9, 1e12, 2 ** 10, 2 ** 20, 2 ** 30, 2 ** 40))
    .map(([digits, unit]) => digits * unit),
  fc.constantFrom(0, 1, 999, 1000, 1023, 1024, 2 ** 50, 2 ** 52, 1e15, Number.MAX_SAFE_INTEGER),
);
const amount = fc.oneof(
  { weight: 9, arbitrary: plainAmount },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.9, 1234.5, 2 ** 53, 2 ** 62, 2 ** 63, 1e21) },
);
const plainWindowMs = fc.oneof(
  fc.integer({ min: 1000, max: 60_000 }),
  fc.integer({ min: 1000, max: 3_599_999 }),
  fc.constantFrom(1000, 59_999, 60_000, 60_500, 15_020, 15_300, 600_000),
);
const windowMs = fc.oneof(
  { weight: 9, arbitrary: plainWindowMs },
  { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.double({ min: 0, max: 100_000, noNaN: true })) },
);
const timeMs = fc.oneof(
  fc.nat({ max: 60_000 }).map((beforeMs) => measuredMs - beforeMs),
  fc.integer({ min: 0, max: 1000 * (2 ** 32 - 1) }),
  fc.constantFrom(
    1000 * (2 ** 32 - 1),
    Date.UTC(2028, 1, 29),
    Date.UTC(2000, 11, 31, 23, 59, 59, 999),
    Date.UTC(2100, 2, 1) - 1,
  ),
);
const labels = fc.dictionary(text, text, { maxKeys: 3 });
const podOf = (amounts: fc.Arbitrary<number>, windows: fc.Arbitrary<number>, count: number) => {
  const container = fc.record({ name: text, cpu: amounts, memory: amounts });
  const containers = fc
    .array(container, { minLength: 1, maxLength: count })
    .map((all): ContainerMetrics[] => all.map(({ name, cpu, memory }) => ({ name, usage: usage(cpu, memory) })));
  return fc
    .record({ namespace: text, name: text, labels, containers, timeMs, windowMs: windows })
    .map((each): PodMetrics => each);
};

/** As a scraper has it: a place of its own, and a revision of what stays. */
const placed = (of: PodMetrics, place: number, revision: number): PodMetrics => ({ ...of, place, revision });

test('a list with kept heads is the one without, whatever has changed between two of them', () => {
  const step = fc.record({
    place: fc.nat({ max: 600 }),
    of: podOf(amount, windowMs, 3),
    laterMs: fc.nat({ max: 100_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const heads = new PodHeads();
      const pods = new Map<number, PodMetrics>();
      let nowMs = measuredMs;
      for (const [at, { place, of, laterMs }] of steps.entries()) {
        nowMs += laterMs;
        pods.set(place, placed(of, place, at + 1));
        assertListed([...pods.values()], nowMs, heads);
      }
    }),
    { numRuns: 100 },
  );
});

test('the module takes every plain pod whose head is kept, and writes it as TypeScript does', () => {
  const plainName = (each: PodMetrics) => each.containers.every(({ name }) => name.length <= 40);
  const plain = podOf(plainAmount, plainWindowMs, 12).filter(plainName);
  fc.assert(
    fc.property(fc.array(plain, { minLength: 2, maxLength: 40 }), fc.nat({ max: 2 ** 40 }), (given, nowMs) => {
      const heads = new PodHeads();
      const pods = given.map((each, place) => placed(each, place + 1, 1));
      for (const each of pods) keepHead(each, heads);
      assert.deepEqual(byModule(pods, nowMs, heads), { text: written(pods, nowMs), count: pods.length });
    }),
    { numRuns: 300 },
  );
});

test('every day of a century has its date', () => {
  const one = pod('shop', 'web-0', [{ name: 'main', usage: usage(1, 1) }]);
  const heads = new PodHeads();
  const firstMs = Date.UTC(1970, 0, 1);
  keepHead(placed(one, 0, 1), heads);
  const days = Array.from({ length: 49_710 }, (_, day) => placed({ ...one, timeMs: 86_400_000 * day + 999 }, 0, 1));
  assert.deepEqual(byModule(days, firstMs, heads), { text: written(days, firstMs), count: days.length });
});

test('many containers, and more of their names than there is room for, are written as few are', () => {
  const heads = new PodHeads();
  const of = (count: number, first: number) =>
    pod(
      'shop',
      'web-0',
      Array.from({ length: count }, (_, at) => ({ name: `${'x'.repeat(200)}-${first + at}`, usage: usage(first, at) })),
    );
  const pods = [1, 127, 128, 129, 300, 64, 65, 1, 1].map((count, at) => placed(of(count, 1000 * at), at, 1));
  for (const each of pods) keepHead(each, heads);
  const few = [...pods, ...pods, ...pods].filter(({ containers }) => containers.length <= 128);
  assert.equal(byModule(few, measuredMs, heads).count, few.length);
  assertListed([...pods, ...pods, ...pods], measuredMs, heads);
});

test('what is too large, has no figures that are numbers, or has no place, is left to TypeScript', () => {
  const heads = new PodHeads();
  const one = placed(pod('shop', 'web-0', [{ name: 'main', usage: usage(1, 1) }]), 0, 1);
  keepHead(one, heads);
  const taken = (more: Partial<PodMetrics>) => byModule([{ ...one, ...more }], measuredMs, heads).count;
  const figures = (cpuNanocores: number, memoryBytes: number) => ({
    containers: [{ name: 'main', usage: usage(cpuNanocores, memoryBytes) }],
  });
  assert.equal(taken({}), 1);
  assert.equal(taken(figures(2 ** 53, 1)), 0);
  assert.equal(taken(figures(1, 2 ** 53)), 0);
  assert.equal(taken(figures(-1, 1)), 0);
  assert.equal(taken(figures(1, Number.NaN)), 0);
  assert.equal(taken({ windowMs: 3_600_000 }), 0);
  assert.equal(taken({ windowMs: 999 }), 0);
  assert.equal(taken({ windowMs: 1000.5 }), 0);
  assert.equal(taken({ timeMs: 1000 * 2 ** 32 }), 0);
  assert.equal(taken({ timeMs: -1 }), 0);
  assert.equal(taken({ place: 1 }), 0);
  assert.equal(taken({ revision: 2 }), 0);
});

test('lists that take turns do not mix, nor does what one has left behind that was broken off', () => {
  const heads = new PodHeads();
  const pods = Array.from({ length: 200 }, (_, at) =>
    placed(pod('shop', `web-${at}`, [{ name: 'main', usage: usage(at, 1024 * at) }]), at, 1),
  );
  const list = listed(pods, measuredMs, heads);
  const form = () => new JsonListForm('PodMetrics', { nowMs: measuredMs, pretty: false, contentType: '' }, heads);
  const lists = [3, 7, 50].map((turn) => ({ turn, form: form(), pieces: [] as Buffer[], at: 0 }));
  while (lists.some(({ at }) => at < pods.length)) {
    for (const each of lists) {
      for (const next of pods.slice(each.at, each.at + each.turn)) each.form.add(next);
      each.at += each.turn;
      each.pieces.push(...each.form.take());
      const broken = form();
      for (const next of pods.slice(0, each.turn)) broken.add(next);
    }
  }
  for (const { pieces, form: ended } of lists)
    assert.equal(Buffer.concat([...pieces, ...ended.end()]).toString(), list);
});

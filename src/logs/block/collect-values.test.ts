import assert from 'node:assert/strict';
import test from 'node:test';
import { memorySource, openCompact } from './block.ts';
import { encodeCompact } from './encode.ts';
import { Encoder } from './encoder.ts';
import { limits } from './limits.ts';
import { collectValues } from './pack-columns.ts';
import { planColumns } from './plan-columns.ts';
import { scanLines } from './scan-lines.ts';

const PRIME = 0x9e3779b97f4a7c15n;
const u64 = (value: bigint) => BigInt.asUintN(64, value);
const turned = (value: bigint) => u64((value << 29n) | (u64(value) >> 35n));

/** Different values that have one hash as values of the first column, which is told back from its arithmetic in collect-values.as; too long for a template. */
function collidingValues(count: number): Buffer[] {
  const head = Buffer.alloc(limits.templateLineBytesMax, 'long ');
  let before = 1n;
  for (let at = 0; at < head.length; at += 8) before = u64((turned(before) ^ head.readBigUInt64LE(at)) * PRIME);
  return Array.from({ length: count }, (_, i) => {
    const tail = Buffer.alloc(16);
    tail.write(`value${i}`.padEnd(8));
    const then = u64((turned(before) ^ tail.readBigUInt64LE(0)) * PRIME);
    tail.writeBigUInt64LE(0x123456789abcdefn ^ turned(then), 8);
    return Buffer.concat([head, tail]);
  });
}

test('values that are made to hash alike come back, be they there twice', () => {
  const values = collidingValues(400);
  const lines = [...values, ...values, ...values];
  const starts = Uint32Array.from({ length: lines.length + 1 }, (_, i) => i * (values[0]!.length + 1));
  const text = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  const encoder = new Encoder();
  const scanned = scanLines(encoder, { text, starts });
  const { columns } = collectValues(encoder, scanned, planColumns(encoder, scanned));
  assert.equal(columns.length, 1);
  assert.ok(columns[0]!.different > 400, 'they do hash alike');
  const compact = openCompact(memorySource(encodeCompact({ text, starts })));
  assert.ok(compact.all().text.equals(text));
  const found = compact.seek({ text: 'value399', ignoreCase: false });
  assert.deepEqual(
    [...found.marks()].flatMap((hit, line) => (hit === 1 ? [line] : [])),
    [399, 799, 1199],
  );
});

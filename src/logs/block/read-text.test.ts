import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { ByteReader } from './bytes.ts';
import { limits } from './limits.ts';
import { numberModes, unpackNumbers } from './number-column.ts';
import { readTemplates } from './templates.ts';
import { idWidth, lengthWidth, unpackIds, unpackTemplateIds, unpackTexts } from './text-column.ts';

const bytes = fc.uint8Array({ maxLength: 120 }).map((all) => Buffer.from(all));

/** Undefined where it is refused as corrupt. */
function unlessCorrupt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'corrupt', String(error));
    return undefined;
  }
}

/** Number `at` of those that lie in planes, low bytes first. */
function planeNumber(all: Buffer, length: number, width: number, at: number): bigint {
  let number = 0n;
  for (let plane = width - 1; plane >= 0; plane--) number = (number << 8n) | BigInt(all[plane * length + at]!);
  return number;
}

function plainIds(all: Buffer, length: number, count: number, isRecent: boolean): number[] | undefined {
  const ids: number[] = [];
  for (let newest = -1; ids.length < length; ) {
    const code = Number(planeNumber(all, length, idWidth(count), ids.length));
    ids.push(!isRecent ? code : code === 0 ? ++newest : newest - code + 1);
  }
  return ids.some((id) => id < 0 || id >= count) ? undefined : ids;
}

test('ids are the numbers in the planes, or lie as far back as these say; one that there is not is refused', () => {
  const counts = fc.constantFrom(0, 1, 2, 5, 200, 255, 300, 70_000);
  fc.assert(
    fc.property(bytes, counts, fc.boolean(), fc.boolean(), (all, count, isRecent, isSmall) => {
      const width = idWidth(count);
      const length = width === 0 ? all.length % 5 : Math.floor(all.length / width);
      const packed = Buffer.from(all.subarray(0, length * width).map((byte) => (isSmall ? byte % 3 : byte)));
      const ids = plainIds(packed, length, count, isRecent);
      const read = unlessCorrupt(() => unpackIds(packed, length, count, isRecent));
      assert.deepEqual(read && [...read], ids);
      if (isRecent || count > limits.templatesMax) return;
      const lines = unlessCorrupt(() => unpackTemplateIds(packed, length, count));
      assert.deepEqual(lines && [...lines.numbers], ids);
      const linesOf = Array.from({ length: count }, (_, t) => ids?.filter((id) => id === t).length);
      if (lines) assert.deepEqual([...lines.linesOf], linesOf);
    }),
  );
});

test('numbers are those in the planes, from the least one or from the one before; one that is too large is refused', () => {
  const base = fc.oneof(fc.nat(1000), fc.maxSafeNat());
  fc.assert(
    fc.property(bytes, fc.nat(7), fc.boolean(), base, fc.constantFrom(1000, 2 ** 30, 2 ** 53 - 1), (...input) => {
      const [all, width, isDelta, least, end] = input;
      const length = width === 0 ? 3 : Math.floor(all.length / width);
      const packed = all.subarray(0, length * width);
      const numbers: bigint[] = [];
      while (numbers.length < length) {
        const stored = planeNumber(packed, length, width, numbers.length);
        if (isDelta)
          numbers.push((numbers.at(-1) ?? 0n) + ((stored & 1n) === 0n ? stored >> 1n : -((stored + 1n) >> 1n)));
        else numbers.push(BigInt(least) + stored);
      }
      const mode = isDelta ? numberModes.delta : numberModes.plain;
      const column = { mode, base: isDelta ? 0 : least, width, bytes: packed };
      const read = unlessCorrupt(() => unpackNumbers(column, length, end));
      const isSound = numbers.every((number) => number >= 0n && number < BigInt(end));
      assert.deepEqual(read && [...read], isSound ? numbers.map(Number) : undefined);
    }),
  );
});

test('values of text lie one behind the other, as long as is said, and take all bytes', () => {
  const lengths = fc.oneof(fc.nat(3), fc.nat(300), fc.constant(2 ** 32 - 1));
  fc.assert(
    fc.property(fc.array(lengths, { maxLength: 8 }), fc.constantFrom(0, 1, 2, 4), bytes, (all, width, rest) => {
      const [lengthMin, lengthMax] = width === 0 ? [2, 2] : [0, [0, 255, 65_535, 0, 2 ** 24][width]!];
      assert.equal(lengthWidth(lengthMin, lengthMax), width);
      const stored = all.map((length) => (width === 0 ? 2 : length % 2 ** (8 * width)));
      const head = Buffer.alloc(width * stored.length);
      if (width > 0) for (const [i, length] of stored.entries()) head.writeUIntLE(length, i * width, width);
      const sum = stored.reduce((a, b) => a + b, 0);
      for (const valueBytes of [sum, rest.length]) {
        if (valueBytes > 5000) continue;
        const column = {
          lengthMin,
          lengthMax,
          byteSet: Buffer.alloc(32),
          bytes: Buffer.concat([head, Buffer.alloc(valueBytes)]),
        };
        const read = unlessCorrupt(() => unpackTexts(column, stored.length));
        const starts = [0, ...stored.map((_, i) => stored.slice(0, i + 1).reduce((a, b) => a + b, 0))];
        assert.deepEqual(read && [...read.starts], valueBytes === sum ? starts : undefined);
      }
    }),
  );
});

/** As docs/formats/compact-text.md says it. */
function plainTemplates(all: Buffer, columns: number) {
  const reader = new ByteReader(all);
  const holes: number[] = [];
  for (let left = reader.count(limits.templatesMax + 1, ''); left > 0; left--)
    holes.push(reader.count(limits.lineHolesMax, ''));
  const lengths = holes.map((count) => Array.from({ length: count + 1 }, () => reader.count(limits.textBytesMax, '')));
  const columnOf = holes.map((count) => Array.from({ length: count }, () => reader.count(columns - 1, '')));
  const text = reader.rest();
  const pieces = lengths.map((each) => each.map((length) => ({ length })));
  if (lengths.flat().reduce((a, b) => a + b, 0) !== text.length) return undefined;
  return { pieces: pieces.map((each) => each.map(({ length }) => length)), columnOf, text: text.toString('latin1') };
}

function check(all: Buffer, columns: number): void {
  const plain = unlessCorrupt(() => plainTemplates(all, columns));
  const read = unlessCorrupt(() => readTemplates(all, columns));
  if (plain === undefined || read === undefined) {
    assert.equal(read, plain);
    return;
  }
  const { count, firstPiece, pieceFrom, columnOf, text } = read;
  const piecesOf = (t: number) =>
    Array.from({ length: firstPiece[t + 1]! - firstPiece[t]! }, (_, i) => firstPiece[t]! + i);
  const of = Array.from({ length: count }, (_, t) => piecesOf(t));
  assert.deepEqual(
    of.map((each) => each.map((p) => pieceFrom[p + 1]! - pieceFrom[p]!)),
    plain.pieces,
  );
  assert.deepEqual(
    of.map((each) => each.slice(0, -1).map((p) => columnOf[p]!)),
    plain.columnOf,
  );
  assert.ok(of.every((each) => columnOf[each.at(-1)!] === -1));
  assert.equal(text.toString('latin1'), plain.text);
}

test('templates are read as they are drawn, and refused where they are not', () => {
  const templates = fc.array(fc.array(fc.tuple(fc.nat(20), fc.nat(4)), { minLength: 1, maxLength: 5 }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(templates, fc.nat(6), bytes, (all, columns, rest) => {
      const lengths = all.flat().map(([length]) => length);
      const columnOf = all.flatMap((template) => template.slice(1).map(([, column]) => column));
      const head = [all.length, ...all.map(({ length }) => length - 1), ...lengths, ...columnOf];
      const sum = lengths.reduce((a, b) => a + b, 0);
      check(Buffer.concat([Buffer.from(head), Buffer.alloc(sum, 'x')]), columns);
      check(Buffer.concat([Buffer.from(head), rest]), columns);
      check(rest, columns);
    }),
  );
});

test('lengths of several bytes, and pieces beyond the limit', () => {
  const long = Buffer.alloc(300_000, 'y');
  check(Buffer.concat([Buffer.from([1, 1, 0xe0, 0xa7, 0x12, 0, 0]), long]), 1);
  check(Buffer.from([1, 0, 0x81, 0x80, 0x80, 0x08]), 1);
  check(Buffer.from([1, 0x81, 0x01, 0, 0]), 1);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Encoder } from './encoder.ts';
import { limits } from './limits.ts';
import { hostileLine, oddLine, realLine, spelledOut } from './lines-under-test.ts';
import { shapeOfColumn } from './plan-columns.ts';
import { scanLines } from './scan-lines.ts';

interface Hole {
  text: string;
  shape: number;
}

/** What is variable in a line, as docs/formats/compact-text.md says, in the plainest way. */
function holesOf(line: string): { pieces: string[]; holes: Hole[] } {
  const word = /[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*/y;
  const pieces = [''];
  const holes: Hole[] = [];
  const take = (text: string, shape: number) => {
    holes.push({ text, shape });
    pieces.push('');
  };
  for (let at = 0; at < line.length; ) {
    word.lastIndex = at;
    const [found] = word.exec(line) ?? [];
    const time = found ? timeAt(line, at) : undefined;
    if (time) take(time.text, time.shape);
    else if (found && /[0-9]/.test(found)) take(/^([0-9]+)[g-zG-Z][A-Za-z]?$/.exec(found)?.[1] ?? found, 0);
    else pieces[pieces.length - 1] += found ?? line[at]!;
    at += time?.text.length ?? (found && /[0-9]/.test(found) ? holes.at(-1)!.text.length : (found?.length ?? 1));
  }
  return { pieces, holes };
}

function timeAt(line: string, at: number): Hole | undefined {
  const time =
    /(?:([0-9]{4})-([0-9]{2})-([0-9]{2})([T ]))?([0-9]{2}):([0-9]{2}):([0-9]{2})(?:([.,])([0-9]{6}|[0-9]{3})(?![0-9]))?/y;
  time.lastIndex = at;
  const [text, year, month, day, separator, hour, minute, second, mark, fraction] = time.exec(line) ?? [];
  if (text === undefined || /^Z?[A-Za-z0-9]/.test(line.slice(at + text.length).replace(/^Z(?![A-Za-z0-9])/, '')))
    return;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return;
  if (year !== undefined) {
    const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return;
    if (Number(year) < 1970 || Number(year) > 2199) return;
  }
  const shape = 64 | (separator === undefined ? 0 : separator === 'T' ? 16 : 32);
  return { text, shape: shape | (mark === undefined ? 0 : mark === '.' ? 4 : 8) | ((fraction?.length ?? 0) / 3) };
}

interface Template {
  number: number;
  /** Of each hole. */
  constant: boolean[];
  decimal: boolean[];
  first: Hole[];
}

/** Of each line, its template as a number in the order in which they come, and its holes; -1 and none where it is kept whole. */
function scannedPlainly(lines: readonly Buffer[]) {
  const templates = new Map<string, Template>();
  const scanned = lines.map((line) => {
    const { pieces, holes } = holesOf(line.toString('latin1'));
    if (line.length > limits.templateLineBytesMax || holes.length > limits.lineHolesMax)
      return { template: -1, holes: [] };
    const key = JSON.stringify([pieces, holes.map(({ shape }) => shape)]);
    let template = templates.get(key);
    if (!template) {
      const all = holes.map(() => true);
      templates.set(key, (template = { number: templates.size, constant: all, decimal: [...all], first: holes }));
    }
    for (const [i, { text, shape }] of holes.entries()) {
      if (text !== template.first[i]!.text) template.constant[i] = false;
      if (shape !== 0 || !/^(0|[1-9][0-9]{0,14})$/.test(text)) template.decimal[i] = false;
    }
    return { template: template.number, holes };
  });
  return { scanned, templates: [...templates.values()].map(({ constant, decimal }) => ({ constant, decimal })) };
}

const encoder = new Encoder();

/** The same, as the modules have it. */
function scannedByModules(lines: readonly Buffer[]) {
  const starts = Uint32Array.from([0, ...lines.map(({ length }) => length + 1)]);
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
  const text = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  encoder.arena.reset();
  const { linesAt, templatesAt, templateCount, holesAt } = scanLines(encoder, { text, starts });
  const numbers = encoder.arena.u32(linesAt, lines.length);
  const rows = encoder.arena.u32(templatesAt, 8 * templateCount);
  const holesFrom = (at: number, count: number) => [...encoder.arena.u32(at, count)];
  let next = holesAt;
  const scanned = lines.map((line, i) => {
    const template = numbers[i]! | 0;
    const bits = template < 0 ? [] : holesFrom(next, rows[8 * template + 4]!);
    next += 4 * bits.length;
    const holes = bits.map((hole): Hole => {
      const [from, bytes, shape] = [hole & 0x1fff, ((hole >>> 13) & 0x1fff) + 1, (hole >>> 26) & 15];
      return { text: line.toString('latin1', from, from + bytes), shape: shape === 0 ? 0 : shapeOfColumn(shape + 1) };
    });
    return { template, holes };
  });
  const templates = Array.from({ length: templateCount }, (_, t) => {
    const bits = holesFrom(rows[8 * t + 3]!, rows[8 * t + 4]!);
    return { constant: bits.map((hole) => ((hole >>> 30) & 1) === 1), decimal: bits.map((hole) => hole >>> 31 === 1) };
  });
  return { scanned, templates };
}

const line = fc.oneof(
  { weight: 2, arbitrary: realLine },
  { weight: 1, arbitrary: hostileLine },
  { weight: 2, arbitrary: oddLine },
);

test('holes and templates of lines are what the format says they are', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.boolean(), (short, twice) => {
      const once = spelledOut(short);
      const lines = twice ? [...once, ...once] : once;
      assert.deepEqual(scannedByModules(lines), scannedPlainly(lines));
    }),
    { numRuns: 500 },
  );
});

test('it does not matter where among 64 bytes something lies', () => {
  const lines = [
    '23:59:59.AAA0aaa.12-b_7 2026-11-22T10:00:00.123456-x5-10:00:00Z-1',
    `${'a'.repeat(70)}1 b-${'c'.repeat(130)}.2ms 1${'d'.repeat(66)} ${'0'.repeat(140)}h ${'e'.repeat(64)}`,
    '10:00:00-11:00:00.5_ 12ms--3 4.-5',
  ].map((text) => Buffer.from(text));
  for (let before = 0; before < 64; before++) {
    const shifted = [Buffer.alloc(before, 'x'), ...lines, ...lines];
    assert.deepEqual(scannedByModules(shifted), scannedPlainly(shifted));
  }
});

test('lines that are made to hash alike are kept whole beyond some', () => {
  const lines = collidingLines(300);
  const { scanned, templates } = scannedByModules(lines);
  assert.equal(new Set(lines.map((each) => each.toString('latin1'))).size, 300);
  assert.ok(templates.length < 100, 'they do hash alike');
  assert.ok(scanned.some(({ template }) => template < 0));
});

/** Different lines of sixteen bytes that have one hash, which is told back from its arithmetic in scan-lines.as. */
function collidingLines(count: number): Buffer[] {
  const [primeA, primeB] = [0xa0761d6478bd642fn, 0xe7037ed1a0b428dbn];
  let inverse = primeB;
  for (let i = 0; i < 6; i++) inverse = BigInt.asUintN(64, inverse * (2n - primeB * inverse));
  const lines: Buffer[] = [];
  for (let i = 0; lines.length < count; i++) {
    const line = Buffer.alloc(16);
    line.write(
      i
        .toString(26)
        .padStart(8, '0')
        .replaceAll(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)]!),
    );
    const wanted = BigInt.asUintN(64, 0x123456789abcdefn ^ (line.readBigUInt64LE(0) * primeA));
    const turned = BigInt.asUintN(64, (wanted << 32n) | (wanted >> 32n));
    line.writeBigUInt64LE(BigInt.asUintN(64, turned * inverse), 8);
    if (!line.some((byte) => byte >= 0x30 && byte <= 0x39)) lines.push(line);
  }
  return lines;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRfc3339 } from '../../base/nanotime.ts';
import { CriParser } from './cri.ts';

function parse(line: string, parser = new CriParser()) {
  const bytes = Buffer.from(`${line}\n`, 'latin1');
  if (!parser.parse(bytes, 0, bytes.length - 1)) return undefined;
  const { seconds, nanos, stderr, partial, contentFrom } = parser;
  const content = bytes.toString('latin1', contentFrom, bytes.length - 1);
  return { time: BigInt(seconds) * 1_000_000_000n + BigInt(nanos), stderr, partial, content };
}

/** The format as a regular expression, with the slow parser of times. */
function slowly(line: string) {
  const match = /^(\S+) (stdout|stderr) ([PF])(?::[^ ]*)? (.*)$/s.exec(line);
  const time = match && parseRfc3339(match[1]!);
  if (!match || time === undefined || !/^.{10}T/.test(match[1]!) || /[,z]/.test(match[1]!)) return undefined;
  return { time, stderr: match[2] === 'stderr', partial: match[3] === 'P', content: match[4]! };
}

test('a record is time, stream, tag and content', () => {
  const time = parseRfc3339('2026-11-22T19:48:38.25062584Z')!;
  const record = { time, stderr: false, partial: true, content: 'no newline' };
  assert.deepEqual(parse('2026-11-22T19:48:38.25062584Z stdout P no newline'), record);
});

test('content may be empty, blank, or hold anything but a newline', () => {
  for (const content of ['', ' ', '  two', '\0\xff\r', 'stdout F']) {
    assert.equal(parse(`2026-11-22T19:48:38Z stderr F ${content}`)?.content, content);
  }
});

test('a tag may have others behind it', () => {
  assert.deepEqual(parse('2026-11-22T19:48:38Z stdout F:a:b c'), slowly('2026-11-22T19:48:38Z stdout F:a:b c'));
  assert.equal(parse('2026-11-22T19:48:38Z stdout F:a:b c')?.content, 'c');
});

test('times may have an offset', () => {
  const parsed = parse('2026-11-22T19:48:38.5+09:30 stdout F x');
  assert.equal(parsed?.time, parseRfc3339('2026-11-22T10:18:38.5Z'));
  assert.equal(parse('2026-11-22T19:48:38.5-00:30 stdout F x')?.time, parseRfc3339('2026-11-22T20:18:38.5Z'));
});

test('what is not a record is refused', () => {
  for (const line of [
    '',
    'hello world',
    '2026-11-22T19:48:38Z',
    '2026-11-22T19:48:38Z stdout',
    '2026-11-22T19:48:38Z stdout F',
    '2026-11-22T19:48:38Z stdout F:tag',
    '2026-11-22T19:48:38Z stdin F x',
    '2026-11-22T19:48:38Z stdout X x',
    '2026-11-22T19:48:38Z stdout PF x',
    '2026-02-30T19:48:38Z stdout F x',
    '2026-11-22T24:48:38Z stdout F x',
    '2026-11-22T19:60:38Z stdout F x',
    '2026-11-22T19:48:60Z stdout F x',
    '2026-11-22T19:48:3xZ stdout F x',
    '2026-11-22T19:48:38.Z stdout F x',
    '2026-11-22 19:48:38Z stdout F x',
    '2026-11-22T19:48:38+0930 stdout F x',
  ]) {
    assert.equal(parse(line), undefined, line);
  }
});

test('a refused record does not spoil the next one', () => {
  const parser = new CriParser();
  assert.ok(parse('2026-11-22T19:48:38Z stdout F x', parser));
  assert.equal(parse('2026-11-22T29:48:38Z stdout F x', parser), undefined);
  assert.equal(parse('2026-11-22T29:48:38Z stdout F x', parser), undefined);
  assert.equal(parse('2026-11-22T19:48:39Z stdout F x', parser)?.time, parseRfc3339('2026-11-22T19:48:39Z'));
});

test('the fast parser agrees with the slow one on records and on damaged ones', () => {
  const parser = new CriParser();
  const time = fc.record({ ms: fc.integer({ min: 0, max: 4e12 }), fraction: fc.stringMatching(/^(\.[0-9]{1,9})?$/) });
  const zone = fc.constantFrom('Z', '+00:00', '-11:45', '+14:00');
  const good = fc
    .tuple(
      time,
      zone,
      fc.constantFrom('stdout', 'stderr'),
      fc.constantFrom('P', 'F', 'F:x', 'X'),
      fc.string({ unit: 'binary-ascii' }),
    )
    .map(([{ ms, fraction }, zone, stream, tag, content]) => {
      const second = new Date(ms).toISOString().slice(0, 19);
      return `${second}${fraction}${zone} ${stream} ${tag} ${content.replaceAll('\n', ' ')}`;
    });
  const damaged = fc
    .tuple(good, fc.nat(60), fc.constantFrom(' ', ':', '.', 'T', '0', '9', 'x', '\0', ''))
    .map(([line, at, with_]) => line.slice(0, at) + with_ + line.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(good, damaged), (line) => {
      assert.deepEqual(parse(line, parser), slowly(line), JSON.stringify(line));
    }),
    { numRuns: 3000 },
  );
});

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ensureCorpus } from '../../../bench/corpus.ts';
import { compilePatternFilter } from '../query/pipeline/pattern-filter.ts';
import { PatternMiner, patternLimits } from './patterns.ts';
import { scan, wordsOf } from './scan.ts';

function mined(lines: readonly string[], limit = 100): [pattern: string, lines: number][] {
  const miner = new PatternMiner();
  for (const line of lines) miner.add(line, 'info', 0);
  return miner.patterns(limit).map(({ pattern, lines }) => [pattern, lines]);
}

test('what differs is a variable, what is always the same stays, words with digits included', () => {
  const lines = [
    'ts=2024-03-30T23:03:40 caller=grpc_logging.go:66 level=info method=/cortex.Ingester/Push duration=200ms msg=gRPC',
    'ts=2024-03-30T23:03:41 caller=grpc_logging.go:66 level=info method=/cortex.Ingester/Push duration=500ms msg=gRPC',
  ];
  assert.deepEqual(mined(lines), [
    ['ts=<_> caller=grpc_logging.go:66 level=info method=/cortex.Ingester/Push duration=<_> msg=gRPC', 2],
  ]);
});

test('a few words in one place are kept apart, many are a variable', () => {
  const levels = ['debug', 'info', 'warn', 'error'].flatMap((level) => [
    `level=${level} msg=began`,
    `level=${level} msg=ended`,
  ]);
  assert.equal(mined(levels).length, 8);
  const names = Array.from({ length: 40 }, (_, at) => `user ${word(at)} logged in from ${word(at * 7 + 3)}`);
  assert.deepEqual(mined(names), [['user <_> logged in from <_>', 40]]);
  const both = names.flatMap((line, at) => [`level=${['info', 'error'][at % 2]} ${line}`]);
  assert.deepEqual(mined(both), [
    ['level=error user <_> logged in from <_>', 20],
    ['level=info user <_> logged in from <_>', 20],
  ]);
});

test('messages that happen to have as many words do not become one', () => {
  const messages = Array.from({ length: 30 }, (_, at) => `${word(at % 12)} ${word(at + 50)} ${word(at + 90)}`);
  const found = mined(messages);
  assert.ok(
    found.every(([pattern]) => pattern.replaceAll('<_>', '').trim() !== ''),
    JSON.stringify(found),
  );
});

test('addresses, times and paths are one variable each', () => {
  const lines = ['GET /users/17 from 10.0.0.1:8080 at 12:30:01.5', 'GET /users/4 from 10.2.7.9:9090 at 08:00:59.1'];
  assert.deepEqual(mined(lines), [['GET /users/<_> from <_> at <_>', 2]]);
});

test('of a single line nobody knows what varies, so each word with a digit does', () => {
  assert.deepEqual(mined(['started in 25 ms']), [['started in <_> ms', 1]]);
});

test('counts are by level and time', () => {
  const miner = new PatternMiner();
  for (const time of [30, 10, 10]) miner.add(`n=${time}`, 'info', time);
  miner.add('n=5', 'error', 10);
  assert.deepEqual(miner.patterns(10), [
    {
      pattern: 'n=<_>',
      lines: 4,
      levels: [
        {
          level: 'info',
          samples: [
            [10, 2],
            [30, 1],
          ],
        },
        { level: 'error', samples: [[10, 1]] },
      ],
    },
  ]);
});

test('the words of a key and what is between them are the key again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (line) => {
      const { key } = scan(line);
      const { words, between } = wordsOf(key);
      assert.equal(between.length, words.length + 1);
      assert.equal(
        words.reduce((text, one, at) => text + one + between[at + 1]!, between[0]!),
        key,
      );
    }),
  );
});

/** Pieces that lines are made of, so that several are of one kind. */
const piece = fc.constantFrom(
  'GET',
  'user',
  'alice',
  'bob',
  '17',
  'a1',
  '12:30:01',
  '<b>',
  'x=',
  '"',
  ' ',
  ' ',
  ', ',
  '[',
  '] ',
  '/',
  'ä',
  ':',
  '<_>',
);

test('every line is found by its pattern, as a filter of LogQL', () => {
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 12 }), { minLength: 1, maxLength: 30 }), (parts) => {
      const lines = parts.map((one) => one.join(' ').trim()).filter((line) => line !== '');
      const tests = mined(lines, 1000).map(([pattern]) => compilePatternFilter(pattern));
      for (const line of lines)
        assert.ok(
          tests.some((test) => test(Buffer.from(line))),
          line,
        );
    }),
  );
});

test('the lines of real-looking programs are found by their patterns, which are far fewer', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-patterns-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const { logRoot } = ensureCorpus(4_000_000, directory);
  let [lineCount, patternCount] = [0, 0];
  for (const container of readdirSync(logRoot).sort().slice(0, 16)) {
    const lines = linesBelow(join(logRoot, container));
    const found = mined(lines, 100_000);
    const tests = found.map(([pattern]) => compilePatternFilter(pattern));
    for (const line of lines.slice(0, 50))
      assert.ok(
        tests.some((finds) => finds(Buffer.from(line))),
        line,
      );
    lineCount += lines.length;
    patternCount += found.length;
  }
  assert.ok(patternCount < lineCount / 2, `${patternCount} patterns of ${lineCount} lines`);
});

/** What the container wrote, without what the runtime wrote before each line. */
function linesBelow(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.log'));
  const records = files.flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'));
  return records.map((record) => record.split(' ').slice(3).join(' ')).filter((line) => line !== '');
}

test('neither endless words, nor long lines, nor many kinds take more than the limits say', () => {
  const long = 'word '.repeat(100_000);
  assert.match(mined([long])[0]![0], /<_>$/);
  assert.match(mined(['x'.repeat(1_000_000)])[0]![0], /^<_>$/);
  const miner = new PatternMiner();
  const count = patternLimits.kindsMax * 2 + 10;
  for (let at = 0; at < count; at++) miner.add(`${word(at)} ${word(at * 31)} `.repeat((at % 7) + 1), 'info', at % 5);
  const patterns = miner.patterns(Number.MAX_SAFE_INTEGER);
  const lines = patterns.reduce((sum, { lines }) => sum + lines, 0);
  assert.equal(lines + miner.unmined, count, 'nothing is left out in silence');
});

/** A word without digits that is different for each number. */
function word(number: number): string {
  return [...(number + 1_000).toString(26)]
    .map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)))
    .join('');
}

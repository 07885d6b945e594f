import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ExpositionSink, readExposition } from '../../exposition/exposition.ts';
import { SAMPLE } from '../window/window.ts';
import { SeriesIndex, UNKNOWN } from './series-index.ts';

/** Everything that a page says; with an index its series are recognised, and learnt as the page reader does it. */
function said(page: Buffer, index?: SeriesIndex): { lines: string[]; recognised: number } {
  const lines: string[] = [];
  let [recognised, knownEnd] = [0, -1];
  const sink: ExpositionSink = {
    sample: (start, end, value, timeMs) => {
      if (end === knownEnd) recognised++;
      else if (index?.find(page, start, end) === UNKNOWN) index.put(lines.length, SAMPLE.cpuSeconds);
      knownEnd = -1;
      lines.push(`${page.toString('utf8', start, end)} = ${value} @ ${timeMs}`);
    },
    malformed: ({ line, character, problem }) => lines.push(`${line}:${character} ${problem}`) > 0,
  };
  index?.begin();
  const knownSeries = (start: number) => (knownEnd = index!.expect(page, start));
  readExposition(page, { format: 'text', lineBytesMax: 200 }, index ? { ...sink, knownSeries } : sink);
  return { lines, recognised };
}

const series = fc.constantFrom(
  'a',
  'ab',
  'a{b="c"}',
  'a {b="c"}',
  'a{b="c d"}',
  'a{b="}"}',
  'a{b="\\""}',
  '{"a b"}',
  'a{',
);
const values = fc.constantFrom(' 1', ' 2.5e3 1700000000000', '  3\t4', ' x', '', ' 1 2 3', ' {b="d"} 1', '1', ' 1 -2');
const lines = fc.array(
  fc.tuple(series, values).map((parts) => parts.join('')),
  { maxLength: 8 },
);

test('pages say the same whether their series are recognised or not', () => {
  let recognised = 0;
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 4 }), (pages) => {
      const index = new SeriesIndex(() => 0.3);
      for (const text of [...pages, ...pages]) {
        const page = Buffer.from(text.map((line) => `${line}\n`).join(''));
        const found = said(page, index);
        assert.deepEqual(found.lines, said(page).lines);
        recognised += found.recognised;
      }
    }),
  );
  assert.ok(recognised > 100, `${recognised}`);
});

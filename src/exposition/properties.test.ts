import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ExpositionOptions, type LabelPair, readExposition, seriesLabels } from './exposition.ts';

interface Sample {
  labels: LabelPair[];
  value: number;
  timestampMs: number;
}

function read(page: Buffer, format: ExpositionOptions['format'], goOn: boolean): { samples: Sample[]; faults: number } {
  const samples: Sample[] = [];
  let faults = 0;
  readExposition(
    page,
    { format, lineBytesMax: 1024 },
    {
      sample: (start, end, value, timestampMs) =>
        void samples.push({ labels: seriesLabels(page, start, end), value, timestampMs }),
      metadata: () => {},
      malformed({ line, character, problem }) {
        assert.ok(line >= 1 && character >= 1 && problem !== '');
        faults++;
        return goOn;
      },
    },
  );
  return { samples, faults };
}

const plainName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/);
const anyName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
const labels = fc.array(fc.record({ name: fc.oneof(labelName, anyName), value: fc.string({ unit: 'grapheme' }) }), {
  maxLength: 4,
});
const timestamp = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 2 ** 45 }));
const sample = fc
  .tuple(fc.oneof(plainName, anyName), labels, fc.double(), timestamp)
  .map(([name, rest, value, timestampMs]) => ({
    labels: [{ name: '__name__', value: name }, ...rest.map((pair) => ({ ...pair }))],
    value,
    timestampMs,
  }));

const escaped = (text: string) => text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
const quoted = (text: string) => `"${escaped(text)}"`;

/** Writes a sample as plainly as can be. */
function print({ labels: [name, ...rest], value, timestampMs }: Sample, format: ExpositionOptions['format']): string {
  const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name!.value);
  const pairs = rest.map((pair) => {
    const shown = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(pair.name) ? pair.name : quoted(pair.name);
    return `${shown}=${quoted(pair.value)}`;
  });
  const inside = isPlain ? pairs : [quoted(name!.value), ...pairs];
  const series = `${isPlain ? name!.value : ''}${inside.length > 0 ? `{${inside.join(',')}}` : ''}`;
  const number = Number.isNaN(value)
    ? 'NaN'
    : Number.isFinite(value)
      ? Object.is(value, -0)
        ? '-0'
        : String(value)
      : value > 0
        ? '+Inf'
        : '-Inf';
  const seconds = `${Math.floor(timestampMs / 1000)}.${String(timestampMs % 1000).padStart(3, '0')}`;
  const time = Number.isNaN(timestampMs) ? '' : ` ${format === 'text' ? timestampMs : seconds}`;
  return `${series} ${number}${time}\n`;
}

test('what a plain printer writes is read back, in both formats', () => {
  for (const format of ['text', 'openmetrics'] as const) {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 5 }), (samples) => {
        const page = samples.map((one) => print(one, format)).join('') + (format === 'text' ? '' : '# EOF\n');
        const found = read(Buffer.from(page), format, false);
        assert.equal(found.faults, 0, page);
        const near = format === 'openmetrics';
        // Seconds are a double: Prometheus cuts what it multiplies, and can be a millisecond early.
        found.samples.forEach((one, at) => {
          const early = samples[at]!.timestampMs - one.timestampMs;
          if (near && early === 1) one.timestampMs += early;
        });
        assert.deepEqual(found.samples, samples);
      }),
    );
  }
});

test('any bytes are read to their end without an error of ours, and every line that is no sample is told', () => {
  const pieces = fc.constantFrom(
    'a',
    '{',
    '}',
    '"',
    '\\',
    '\n',
    '=',
    ',',
    ' ',
    '\t',
    '1',
    '.',
    'e',
    '# ',
    'HELP ',
    'TYPE a',
    'EOF',
    '\r',
    '\0',
    'é',
    'x{y="z"} 1\n',
  );
  const bytes = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  );
  for (const format of ['text', 'openmetrics'] as const) {
    fc.assert(
      fc.property(bytes, (page) => {
        const all = read(page, format, true);
        const first = read(page, format, false);
        assert.ok(first.faults <= 1);
        assert.equal(first.faults > 0, all.faults > 0);
        assert.deepEqual(all.samples.slice(0, first.samples.length), first.samples);
      }),
    );
  }
});

const SERIES =
  /^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)(?![a-zA-Z0-9_:])[ \t]*(?:\{[ \t]*((?:[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"(?:\\.|[^"\\])*"[ \t]*,?[ \t]*)*)\})?[ \t]*([^ \t{]+)(?:[ \t]+(\d+))?[ \t]*$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** One line of text by regular expressions, which nobody would do to ten megabytes. Undefined: malformed. */
function slowly(line: string): string | undefined {
  const match = SERIES.exec(line);
  if (!match) return undefined;
  const [, name, inside = '', number = '', time] = match;
  const word = /^[+-]?(?:inf|infinity)$|^nan$/i.test(number);
  if (!word && (!NUMBER.test(number) || !Number.isFinite(Number(number)))) return undefined;
  const sign = number.startsWith('-') ? -1 : 1;
  const value = word ? (/nan/i.test(number) ? Number.NaN : sign * Number.POSITIVE_INFINITY) : Number(number);
  const pairs = [...inside.matchAll(/([a-zA-Z0-9_]+)[ \t]*=[ \t]*"((?:\\.|[^"\\])*)"/g)].map(([, label, text]) => [
    label,
    text,
  ]);
  return JSON.stringify([name, pairs, Object.is(value, -0) ? '-0' : String(value), time ?? 'none']);
}

test('a line is read as a plain slow reader reads it, or refused as there', () => {
  const word = fc.constantFrom('a', 'foo_total', 'x:y', '9a', '');
  const blank = fc.constantFrom('', '', ' ', '\t', '  ');
  const space = fc.constantFrom(' ', ' ', ' ', '\t', '');
  const number = fc.oneof(
    fc.double().map(String),
    fc.constantFrom(
      '1e5',
      '+1',
      '.5',
      '5.',
      '1e',
      '-',
      '0x1p3',
      '1_0',
      'inf',
      '-Infinity',
      'NaN',
      '+nan',
      '1e999',
      '-0',
      '1e-400',
    ),
    fc.stringMatching(/^-?[0-9]{1,25}(\.[0-9]{1,25})?(e[+-]?[0-9]{1,3})?$/),
  );
  const label = fc
    .tuple(
      blank,
      fc.constantFrom('b', 'le', '_c', '1d'),
      blank,
      fc.constantFrom('=', '=', '=', ''),
      blank,
      fc.constantFrom('"x"', '"\\"y\\\\"', '""', '"{} #,="', 'z', '"z'),
      blank,
    )
    .map((parts) => parts.join(''));
  const braces = fc.oneof(
    fc.constant(''),
    fc.array(label, { maxLength: 3 }).map((inner) => `{${inner.join(',')}}`),
  );
  const time = fc.constantFrom('', '', ' 5', ' 1600000000000', '\t7', ' -1', ' x', ' 1 2');
  const line = fc.tuple(blank, word, blank, braces, space, number, time, blank).map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, (text) => {
      if (/^[ \t]*$/.test(text)) return;
      const { samples, faults } = read(Buffer.from(text), 'text', false);
      const expected = slowly(text);
      if (expected === undefined) return assert.deepEqual([samples.length, faults], [0, 1], text);
      const [one] = samples;
      const [name, ...rest] = one!.labels;
      const pairs = rest.map((pair) => [pair.name, escaped(pair.value)]);
      const value = Object.is(one!.value, -0) ? '-0' : String(one!.value);
      const timestamp = Number.isNaN(one!.timestampMs) ? 'none' : String(one!.timestampMs);
      assert.equal(JSON.stringify([name!.value, pairs, value, timestamp]), expected, text);
    }),
    { numRuns: 2000 },
  );
});

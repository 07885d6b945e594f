import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  type ExpositionOptions,
  type ExpositionSink,
  type KnowingSink,
  KnownSeries,
  readExposition,
  UNKNOWN,
} from './exposition.ts';

const IGNORED = -2;
const shown = (value: number) => (Object.is(value, -0) ? '-0' : String(value));

/** Reads one page after the other as somebody does who knows their series; and each as somebody does who knows nothing. */
class Readers {
  readonly #options: ExpositionOptions;
  readonly #hasMetadata: boolean;
  readonly #known = new KnownSeries(() => 0.3);
  readonly #series: string[] = [];
  /** Lines that the module has read. */
  plain = 0;

  constructor(options: Partial<ExpositionOptions> = {}, hasMetadata = false) {
    this.#options = { format: 'text', lineBytesMax: 200, ...options };
    this.#hasMetadata = hasMetadata;
  }

  /** Throws where they differ. */
  compare(page: Buffer): void {
    assert.deepEqual(this.#knowing(page), this.#unknowing(page));
  }

  #unknowing(page: Buffer): string[] {
    const said: string[] = [];
    readExposition(page, this.#options, this.#sink(page, said));
    return said;
  }

  #knowing(page: Buffer): string[] {
    const said: string[] = [];
    const known = this.#known;
    known.begin();
    const unknowing = this.#sink(page, said);
    const sink: KnowingSink = {
      ...unknowing,
      known,
      knownSamples: (count, { entries, values, timestampsMs }) => {
        this.plain += count;
        for (let at = 0; at < count; at++)
          said.push(`${this.#series[entries[at]!]} = ${shown(values[at]!)} @ ${timestampsMs[at]}`);
      },
      sample: (start, end, ...rest) => {
        const text = page.toString('latin1', start, end);
        const entry = known.find(page, start, end);
        if (entry === UNKNOWN) known.put(text.startsWith('pod') ? IGNORED : this.#series.push(text) - 1);
        else if (entry !== IGNORED) assert.equal(this.#series[entry], text);
        unknowing.sample(start, end, ...rest);
      },
    };
    readExposition(page, this.#options, sink);
    return said;
  }

  #sink(page: Buffer, said: string[]): ExpositionSink {
    const sink: ExpositionSink = {
      sample: (start, end, value, timeMs) => {
        const text = page.toString('latin1', start, end);
        if (!text.startsWith('pod')) said.push(`${text} = ${shown(value)} @ ${timeMs}`);
      },
      malformed: ({ line, character, problem }) => said.push(`${line}:${character} ${problem}`) > 0,
    };
    if (this.#hasMetadata) sink.metadata = (...said_) => void said.push(said_.join(' '));
    return sink;
  }
}

const digits = fc.stringMatching(/^[0-9]{1,21}$/);
const exponent = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.stringMatching(/^[eE][+-]?[0-9]{0,3}$/));
const number = fc.oneof(
  fc.double({ noNaN: true }).map(String),
  fc.double({ min: 0, max: 1e22, noNaN: true }).map(String),
  fc
    .tuple(digits, fc.constantFrom('', '.'), fc.oneof(fc.constant(''), digits), exponent)
    .map((parts) => parts.join('')),
  fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER }).chain((whole) =>
    // Between two doubles, and next to the middle.
    fc.constantFrom(`${2n * BigInt(whole) + 1n}`, `${4n * BigInt(whole) + 2n}`, `${4n * BigInt(whole) + 1n}.5`),
  ),
  fc.constantFrom(
    'NaN',
    '+Inf',
    '-Inf',
    '1e400',
    '1e-400',
    '-0',
    '0',
    '0.0',
    '1_0',
    '0x10',
    '+1',
    '.5',
    '5.',
    '',
    '1e',
    '1e+',
    'e5',
    '1.2.3',
  ),
  fc.constantFrom(
    '9007199254740993',
    '9007199254740992.5',
    '18446744073709551615',
    '9999999999999999999',
    '123456789012345678901',
  ),
);

test('a number is the same double whichever way it is read', () => {
  const readers = new Readers();
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (numbers) => {
      const page = Buffer.from(numbers.map((text, at) => `a${at} ${text}\n`).join(''));
      readers.compare(page);
      readers.compare(page);
    }),
    { numRuns: 500 },
  );
  assert.ok(readers.plain > 1000, `only ${readers.plain}`);
});

test('numbers of more digits than a double holds are plain too, but for the few next to the middle of two', () => {
  const readers = new Readers();
  const values = Array.from({ length: 1000 }, (_, at) => String((at + 1) * 16_245.085828000001));
  assert.ok(values.filter((text) => Number(text.replace('.', '')) > 2 ** 53).length > 300);
  const page = Buffer.from(values.map((text, at) => `a${at} ${text}\n`).join(''));
  readers.compare(page);
  readers.compare(page);
  assert.ok(readers.plain > 990, `only ${readers.plain}`);
});

const series = fc.constantFrom(
  ...[
    'a',
    'ab',
    'a{b="c"}',
    'pod_a',
    'pod_a{b="c",d="eeeeeeeeeee"}',
    'a {b="c"}',
    'a{b="c d"}',
    'a{b="}"}',
    'a{b="\\""}',
    '{"a b"}',
    'a{b="é"}',
  ],
  ...['a{', 'a{b="\n"}', `a{b="${'c'.repeat(150)}"}`, `a{b="${'c'.repeat(190)}"}`, 'a{b="c",}', '\ta', ' a'],
);
const value = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ' 1',
      ' 2.5e3',
      ' 16245.085828000001',
      ' 0.25 1700000000000',
      ' 4.096e+06 1700000000001',
    ),
  },
  number.map((text) => ` ${text}`),
  fc.constantFrom(
    '  3\t4',
    '\t5',
    ' x',
    '',
    ' 1 2 3',
    ' {b="d"} 1',
    '1',
    ' 1 -2',
    ' 1 ',
    ' 1 2 ',
    ' 1  2',
    ' 1\t2',
    ' 1 12345678901234567890',
    ' 1 1234567890123456',
  ),
  fc.constantFrom(' 1 2.5', ' 1 # {a="b"} 1', ' 1 2 # {a="b"} 1', ` 1${' '.repeat(200)}`),
);
const comment = fc.constantFrom(
  ...[
    '# HELP a Of a.',
    '# TYPE a counter',
    '# TYPE a none',
    '# HELP a é',
    '# HELP 9',
    '#',
    '# any',
    '# EOF',
    '# UNIT a_s s',
    '#HELP 9',
  ],
  ...[
    '',
    ' ',
    ' # HELP a Of a.',
    `# HELP a ${'a'.repeat(300)}`,
    '# HELP "a b" Of it.',
    '# HELP "a\nb" Of it.',
    '# TYPE a',
  ],
);
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(series, value).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: comment },
);
const end = fc.oneof({ weight: 8, arbitrary: fc.constant('\n') }, fc.constantFrom('\r\n', '\n\n', ' \n', ''));
const lines = fc.array(
  fc.tuple(line, end).map((parts) => Buffer.from(parts.join(''))),
  { maxLength: 12 },
);
/** What becomes of a page from one time to the next. */
const change = fc.record({
  how: fc.constantFrom('stays', 'stays', 'swap', 'remove', 'insert', 'replace', 'byte', 'cut'),
  at: fc.nat(1000),
  to: fc.nat(1000),
  line,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(page: readonly Buffer[], { how, at, to, line: other }: Change): Buffer[] {
  const next = [...page];
  const from = next.length === 0 ? 0 : at % next.length;
  if (how === 'swap' && next.length > 0) next.push(...next.splice(from, 1 + (to % 3)));
  else if (how === 'remove') next.splice(from, 1);
  else if (how === 'insert') next.splice(from, 0, Buffer.from(`${other}\n`));
  else if (how === 'replace') next.splice(from, 1, Buffer.from(`${other}\n`));
  else if (how === 'byte' && next.length > 0) {
    const bytes = Buffer.from(next[from]!);
    if (bytes.length > 0) bytes[to % bytes.length] = at % 256;
    next[from] = bytes;
  } else if (how === 'cut' && next.length > 0) next[next.length - 1] = next.at(-1)!.subarray(0, to % 30);
  return next;
}

for (const format of ['text', 'openmetrics'] as const) {
  for (const hasMetadata of [false, true]) {
    const what = `${format}, ${hasMetadata ? 'with' : 'without'} metadata`;
    test(`pages say the same whether their series are known or not, whatever becomes of them (${what})`, () => {
      let plain = 0;
      fc.assert(
        fc.property(lines, fc.array(change, { maxLength: 6 }), fc.boolean(), (first, changes, isWhole) => {
          const readers = new Readers({ format }, hasMetadata);
          const last = Buffer.from(isWhole ? '# EOF\n' : '');
          let page: Buffer[] = first;
          for (const each of [undefined, ...changes]) {
            if (each) page = changed(page, each);
            const bytes = Buffer.concat([...page, last]);
            readers.compare(bytes);
            readers.compare(bytes);
          }
          plain += readers.plain;
        }),
        { numRuns: 400 },
      );
      assert.ok(plain > 500, `only ${plain}`);
    });
  }
}

test('a page of many parts is read as one', () => {
  const readers = new Readers({ lineBytesMax: 64 * 1024 });
  const label = (at: number) => 'x'.repeat((at * 7919) % 1100);
  const text = Array.from({ length: 2000 }, (_, at) => `a${at}{b="${label(at)}"} ${at / 8} ${1e12 + at}\n`).join('');
  const page = Buffer.from(`${text}a ${'9'.repeat(70_000)}\nb 1\n`);
  readers.compare(page);
  assert.equal(readers.plain, 0);
  readers.compare(page);
  const long = Array.from({ length: 2000 }, (_, at) => label(at).length + `a${at}{b=""}`.length > 1024);
  assert.equal(readers.plain, 2000 - long.filter(Boolean).length + 1);
});

test('a sink that stops is told nothing more', () => {
  const known = new KnownSeries(() => 0.3);
  let samples = 0;
  const page = Buffer.from('a 1\nb x\nc 1\n');
  const sink: KnowingSink = {
    known,
    knownSamples: (count) => void (samples += count),
    sample: (start, end) => {
      samples++;
      if (known.find(page, start, end) === UNKNOWN) known.put(0);
    },
    malformed: () => false,
  };
  for (const expected of [1, 2]) {
    known.begin();
    readExposition(page, { format: 'text', lineBytesMax: 100 }, sink);
    assert.equal(samples, expected);
  }
});

test('a sink that throws leaves the module ready for the next page', () => {
  const failing = {
    known: new KnownSeries(() => 0.3),
    knownSamples() {},
    sample: () => assert.fail('no'),
    malformed: () => true,
  };
  const options = { format: 'text', lineBytesMax: 100 } as const;
  assert.throws(() => readExposition(Buffer.from('a 1\n'), options, failing), /no/);
  const readers = new Readers();
  for (let round = 0; round < 2; round++) readers.compare(Buffer.from('a 1\nb 2\n'));
  assert.equal(readers.plain, 2);
});

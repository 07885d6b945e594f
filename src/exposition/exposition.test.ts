import assert from 'node:assert/strict';
import test from 'node:test';
import { type ExpositionOptions, formatOf, readExposition, seriesLabels } from './exposition.ts';

const lineBytesMax = 4096;

/** Everything that a page says, as plain lines. */
function read(text: string | Buffer, format: ExpositionOptions['format'] = 'text'): string[] {
  const page = Buffer.from(text);
  const said: string[] = [];
  readExposition(
    page,
    { format, lineBytesMax },
    {
      sample(start, end, value, timestampMs) {
        const labels = seriesLabels(page, start, end).map(({ name, value: text }) => `${name}=${JSON.stringify(text)}`);
        said.push(
          `${labels.join(' ')} ${Object.is(value, -0) ? '-0' : value}${Number.isNaN(timestampMs) ? '' : ` @${timestampMs}`}`,
        );
      },
      metadata: (kind, name, text) => void said.push(`${kind} ${name}: ${text}`),
      malformed({ line, character, problem }) {
        said.push(`${line}:${character} ${problem}`);
        return true;
      },
    },
  );
  return said;
}

test('names, labels, values and timestamps are read', () => {
  assert.deepEqual(
    read(
      '# HELP a_total What\\\\ it\\n is.\n# TYPE a_total counter\na_total 1\na_total{b="c",d="e",} 2.5e3 1395066363000\n\n# a comment\nup -Inf',
    ),
    [
      'help a_total: What\\ it\n is.',
      'type a_total: counter',
      '__name__="a_total" 1',
      '__name__="a_total" b="c" d="e" 2500 @1395066363000',
      '__name__="up" -Infinity',
    ],
  );
});

test('escapes, quoted names, blanks and tabs are read as Prometheus reads them', () => {
  assert.deepEqual(
    read(
      'a{b="q\\"\\\\\\n\\x"} 1\n{"my.metric","c d"="é"} 1\n{e="f","later"} 2\n \t g \t{ h = "i" , } \t 3 \t 4 \t\n j{k="l" m="n"}5\n',
    ),
    [
      '__name__="a" b="q\\"\\\\\\n\\\\x" 1',
      '__name__="my.metric" c d="é" 1',
      '__name__="later" e="f" 2',
      '__name__="g" h="i" 3 @4',
      '__name__="j" k="l" m="n" 5',
    ],
  );
});

test('what cannot be read is told with line, character and problem, and the rest is read', () => {
  assert.deepEqual(
    read(
      'a 1\nb\nc{ 2\nd{e="f} 3\ng 1_000\nh 0x1p-3\ni 1 -1\nj 1 2 3\nk{"l"} 1\n{m="n"} 1\no 1\r\n# TYPE p thing\nq 1e999\nr 4\n',
    ),
    [
      '__name__="a" 1',
      '2:2 a value is expected after the series',
      '3:4 a label name or a closing brace is expected',
      '4:10 a quoted text runs over the line’s end, and behind it an equals sign is expected after the label name',
      '5:3 the value is not a number that a double holds',
      '6:3 the value is not a number that a double holds',
      '7:5 a timestamp (whole milliseconds, not negative) or the line’s end is expected',
      '8:7 the line’s end is expected after the timestamp',
      '9:3 the metric has a name already',
      '10:7 the braces hold no metric name',
      '11:3 the value is not a number that a double holds',
      '12:10 the type is none of counter, gauge, histogram, summary, untyped',
      '13:3 the value is not a number that a double holds',
      '__name__="r" 4',
    ],
  );
});

test('OpenMetrics: seconds become milliseconds, exemplars are checked and skipped, the end must be there', () => {
  const page = [
    '# TYPE a counter',
    '# UNIT a_seconds seconds',
    '# HELP a \\"x\\"',
    'a_total{b="c"} 1 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.1',
    'a_created{b="c"} 1520872607.123',
    'd 2 # {} 0.5',
    'e 3 -1.5',
  ];
  const said = ['type a: counter', 'unit a_seconds: seconds', 'help a: "x"'];
  const samples = [
    '__name__="a_total" b="c" 1 @1520879607789',
    '__name__="a_created" b="c" 1520872607.123',
    '__name__="d" 2',
    '__name__="e" 3 @-1500',
  ];
  assert.deepEqual(read(`${page.join('\n')}\n# EOF\n`, 'openmetrics'), [...said, ...samples]);
  assert.deepEqual(read(`${page.join('\n')}\n`, 'openmetrics'), [
    ...said,
    ...samples,
    '8:1 the page is cut: it does not end with # EOF',
  ]);
});

test('OpenMetrics is strict about blanks, comments, units and what follows its end', () => {
  assert.deepEqual(
    read('a  1\nb{c="d", e="f"} 1\n# no\n\n# UNIT g meters\nh 1 # {"i"} 1\nj 1 NaN\n# EOF\nk 1\n', 'openmetrics'),
    [
      '1:3 a space and a value are expected after the series',
      '2:9 a label name or a closing brace is expected',
      '3:1 OpenMetrics has no comments; # HELP, # TYPE, # UNIT or # EOF is expected',
      '4:1 a metric name is expected',
      '5:10 the unit is not the end of the metric name',
      '6:8 an exemplar has no metric name',
      '7:5 the timestamp is not a finite number of seconds',
      '8:6 nothing may follow # EOF',
    ],
  );
});

test('a line longer than the limit is told and not handed on', () => {
  const long = `a{b="${'x'.repeat(lineBytesMax)}"} 1`;
  const told = `1:${lineBytesMax + 1} the line is longer than ${lineBytesMax} bytes`;
  assert.deepEqual(read(`${long}\nc 1`), [told, '__name__="c" 1']);
  assert.deepEqual(read(`#${long}\nc 1`), [told, '__name__="c" 1']);
});

test('bounds of histograms and summaries are written as OpenMetrics writes floats', () => {
  const bounds = (type: 'histogram' | 'summary', name: string, value: string) => {
    const page = Buffer.from(`a{${name}="${value}"}`);
    return seriesLabels(page, 0, page.length, type)[1]!.value;
  };
  assert.deepEqual(
    ['1', '0', '-0', '+Inf', '0.5', '1000000', '1234567', '1e-7', '100000', 'x'].map((le) =>
      bounds('histogram', 'le', le),
    ),
    ['1.0', '0.0', '0.0', '+Inf', '0.5', '1e+06', '1.234567e+06', '1e-07', '100000.0', 'x'],
  );
  assert.equal(bounds('summary', 'le', '1'), '1');
  assert.equal(bounds('summary', 'quantile', '1'), '1.0');
});

test('the format comes from the Content-Type', () => {
  assert.equal(formatOf('text/plain; version=0.0.4; charset=utf-8'), 'text');
  assert.equal(formatOf('Application/OpenMetrics-Text;version=1.0.0'), 'openmetrics');
  assert.equal(formatOf('application/json'), undefined);
  assert.equal(formatOf(undefined), undefined);
});

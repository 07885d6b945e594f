import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAge } from './age.ts';
import { showsColour } from './colour.ts';
import { jsonLines, LinePrinter, type LineStyle } from './line-printer.ts';
import { printObject } from './print-object.ts';
import { type LineSpec, runOf } from './run-under-test.ts';
import { Output, OutputClosed } from './stdout.ts';
import { table } from './table.ts';

const plain: LineStyle = { timestamps: false, prefix: false, namespaces: false, colour: false, limitBytes: undefined };

function line(bytes: Buffer | string, flags = 0, container = 'a'): LineSpec {
  return { bytes: Buffer.from(bytes), flags, container };
}

function printed(style: Partial<LineStyle>, ...lines: LineSpec[]): string {
  const printer = new LinePrinter({ ...plain, ...style });
  return lines.map((one) => printer.print([runOf(one)]).toString()).join('');
}

test('the bytes of lines are printed as they are, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (all) => {
      const output = new LinePrinter(plain).print(all.map((bytes) => runOf(line(Buffer.from(bytes)))));
      assert.deepEqual(output, Buffer.concat(all.flatMap((bytes) => [Buffer.from(bytes), Buffer.from('\n')])));
    }),
  );
});

test('times have nine digits and prefixes the pod and container, as kubectl prints them', () => {
  assert.equal(printed({ timestamps: true }, line('x')), '2025-12-31T12:00:00.120000000Z x\n');
  assert.equal(printed({ prefix: true }, line('x')), '[pod/web/a] x\n');
  assert.equal(
    printed({ prefix: true, namespaces: true, timestamps: true }, line('x')),
    '[shop/pod/web/a] 2025-12-31T12:00:00.120000000Z x\n',
  );
  assert.match(printed({ prefix: true, colour: true }, line('x')), /^\x1b\[\d+m\[pod\/web\/a\]\x1b\[0m x\n$/);
});

test('a container that ended within a line gets no newline, unless another one goes on behind it', () => {
  assert.equal(printed({}, line('cut', 8)), 'cut');
  assert.equal(printed({}, line('cut', 8), line('next', 0, 'b')), 'cut\nnext\n');
});

test('--limit-bytes counts for each container and cuts within a line', () => {
  const style = { limitBytes: 6 };
  assert.equal(
    printed(style, line('abc'), line('xy', 0, 'b'), line('def'), line('ghi'), line('z', 0, 'b')),
    'abc\nxy\ndez\n',
  );
});

test('as JSON a line says all that is known of it, and bytes that are no text come in base64', () => {
  assert.deepEqual(JSON.parse(jsonLines([runOf(line('é\n"', 3))])), {
    time: '2025-12-31T12:00:00.12Z',
    stream: 'stderr',
    namespace: 'shop',
    pod: 'web',
    container: 'a',
    attempt: 2,
    node: 'n',
    podUid: 'u',
    truncated: true,
    line: 'é\n"',
  });
  const { base64, line: none } = JSON.parse(jsonLines([runOf(line(Buffer.from([0xff, 0])))]));
  assert.deepEqual([base64, none], ['/wA=', undefined]);
});

test('tables have columns three blanks apart, and a cell cannot move the cursor', () => {
  assert.equal(
    table(
      ['NAME', 'AGE', 'LAST'],
      [
        ['web', '5m', 'x'],
        ['longer-name', '', 'a\x1b[2J\nb'],
      ],
    ),
    'NAME          AGE      LAST\nweb           5m       x\nlonger-name   <none>   a [2J b\n',
  );
});

test('ages are printed as kubectl prints them', () => {
  const s = 1000;
  const [m, h, d] = [60 * s, 3600 * s, 86_400 * s];
  const cases: [ms: number, text: string][] = [
    [-5 * s, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [120 * s, '2m'],
    [5 * m + 3 * s, '5m3s'],
    [10 * m + 3 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + 5 * m, '3h5m'],
    [8 * h + 5 * m, '8h'],
    [47 * h, '47h'],
    [2 * d + 3 * h, '2d3h'],
    [8 * d + 3 * h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [800 * d, '2y70d'],
    [8 * 365 * d + 40 * d, '8y'],
  ];
  for (const [ms, text] of cases) assert.equal(formatAge(ms), text);
});

test('colours are for terminals that want them', () => {
  assert.equal(showsColour({ isTTY: true }, {}), true);
  assert.equal(showsColour({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(showsColour({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(showsColour({}, {}), false);
});

test('objects are printed with four blanks of JSON, or as YAML', () => {
  assert.equal(printObject({ a: [1] }, 'json'), '{\n    "a": [\n        1\n    ]\n}\n');
  assert.equal(printObject({ a: ['x: y'] }, 'yaml'), 'a:\n  - "x: y"\n');
});

test('writing waits for a slow reader, and ends quietly when nobody reads any more', async () => {
  const slow = new PassThrough({ highWaterMark: 10 });
  const output = new Output(slow);
  let written = false;
  const writing = output.write('x'.repeat(100)).then(() => {
    written = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(written, false);
  slow.resume();
  await writing;
  const closed = new Output(
    new Writable({ write: (_, __, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })) }),
  );
  await assert.rejects(
    async () => {
      for (;;) await closed.write('x'.repeat(100_000));
    },
    (error) => error instanceof OutputClosed,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { goFloat, labelsText, Page } from './page.ts';

test('numbers are written as Go writes them', () => {
  // By strconv.FormatFloat(x, 'g', -1, 64).
  const written: [number, string][] = [
    [0, '0'],
    [10, '10'],
    [0.05, '0.05'],
    [999999, '999999'],
    [1e6, '1e+06'],
    [12627968, '1.2627968e+07'],
    [1.6243962483020916e9, '1.6243962483020916e+09'],
    [0.0001, '0.0001'],
    [0.00001234, '1.234e-05'],
    [1e21, '1e+21'],
    [-2.5, '-2.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ];
  for (const [value, text] of written) assert.equal(goFloat(value), text);
  fc.assert(fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (x) => Number(goFloat(x)) === x));
});

test('a page has its families in order, labels in order and escaped, and no family without a sample', () => {
  const page = new Page();
  const b = page.family('b_total', 'counter', 'B\\ is\nlong.');
  page.family('a_bytes', 'gauge', 'A.')('', 3, 1624396278302.9);
  page.family('c', 'gauge', 'C.')('', undefined);
  b(labelsText({ z: '1', a: 'say "x\\y"\n' }), 1e6);
  assert.equal(
    page.toString(),
    '# HELP a_bytes A.\n# TYPE a_bytes gauge\na_bytes 3 1624396278302\n' +
      '# HELP b_total B\\\\ is\\nlong.\n# TYPE b_total counter\nb_total{a="say \\"x\\\\y\\"\\n",z="1"} 1e+06\n',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalQuantity, isQuantity, quantityNanos } from './quantity.ts';

const canonical: [string, string][] = [
  ['0', '0'],
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1.5Gi', '1536Mi'],
  ['1024Mi', '1Gi'],
  ['1024', '1024'],
  ['1000', '1k'],
  ['2000k', '2M'],
  ['1e3', '1e3'],
  ['12e6', '12e6'],
  ['0.5Ki', '512'],
  ['-1.5', '-1500m'],
  ['.5', '500m'],
  ['5.', '5'],
  ['1n', '1n'],
  ['0.1n', '1n'],
  ['100u', '100u'],
  ['0Gi', '0'],
];

for (const [given, expected] of canonical) {
  test(`${given} is written ${expected}`, () => assert.equal(canonicalQuantity(given), expected));
}

test('what is no quantity is told so', () => {
  for (const text of ['', 'x', '1GB', '1 Gi', 'Gi', '1e', '--1', '1.2.3', '1Ki5', '9'.repeat(65)]) {
    assert.equal(isQuantity(text), false, text);
    assert.equal(canonicalQuantity(text), undefined, text);
  }
});

test('canonical text means the same amount, and is its own canonical text', () => {
  const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3');
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(999), suffix, (whole, fraction, unit) => {
      const text = `${whole}.${fraction}${unit}`;
      const once = canonicalQuantity(text)!;
      assert.equal(quantityNanos(once), quantityNanos(text));
      assert.equal(canonicalQuantity(once), once);
    }),
  );
});

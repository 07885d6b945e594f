import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkShape } from './json-shape.ts';
import { pushLimits } from './limits.ts';

const { jsonDepthMax, jsonFieldsMax } = pushLimits;
/** Makes a text long enough to be looked at. */
const padded = (text: string) => `${' '.repeat(64 * 1024)}${text}`;
const fields = (count: number) => Array.from({ length: count }, (_, i) => `"k${i}":"a,b\\"{,"`).join(',');

test('as many fields and as deep as is allowed pass, one more does not', () => {
  checkShape(padded(`[{"a":{${fields(jsonFieldsMax)}}},{${fields(jsonFieldsMax)}}]`));
  assert.throws(() => checkShape(padded(`[{"a":{${fields(jsonFieldsMax + 1)}}}]`)), {
    code: 'bad-request',
    message: 'the body has more than 1024 fields in one object (jsonFieldsMax)',
  });
  const nested = (depth: number) => padded(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  checkShape(nested(jsonDepthMax));
  assert.throws(() => checkShape(nested(jsonDepthMax + 1)), {
    code: 'bad-request',
    message: /nested more than 128 deep/,
  });
});

test('lists may have any length, and what stands in strings does not count', () => {
  checkShape(
    padded(`{"a":[${'1,'.repeat(5000)}1],"b":${JSON.stringify(`${'{['.repeat(500)}\\",${','.repeat(5000)}`)}}`),
  );
});

test('any JSON of few fields passes, and any text ends', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => checkShape(padded(JSON.stringify(value)))));
  fc.assert(
    fc.property(fc.string(), (text) => {
      checkShape(padded(text));
    }),
  );
});

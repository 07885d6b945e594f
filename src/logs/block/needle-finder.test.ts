import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { needleFinder } from './needle-finder.ts';

test('a needle is found wherever it stands, as indexOf finds it', () => {
  const bytes = fc.array(fc.constantFrom(...'abq z1'), { maxLength: 60 }).map((chars) => Buffer.from(chars.join('')));
  const needle = fc.array(fc.constantFrom(...'abq z1'), { minLength: 1, maxLength: 12 }).map((chars) => chars.join(''));
  fc.assert(
    fc.property(bytes, needle, fc.nat(60), (text, wanted, from) => {
      assert.equal(needleFinder(Buffer.from(wanted))(text, from), text.indexOf(wanted, from));
      const around = Buffer.concat([text, Buffer.from(wanted), text]);
      assert.equal(needleFinder(Buffer.from(wanted))(around, 0), around.indexOf(wanted));
    }),
    { numRuns: 2000 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson, parseYaml } from './body.ts';

const depthMax = 20;
const parse = (text: string) => parseJson(Buffer.from(text), depthMax);

test('JSON that is fit to be parsed gives what JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      if (text.includes('"__proto__"')) return;
      assert.deepEqual(parse(text), JSON.parse(text));
    }),
  );
});

test('nesting is limited before parsing, and brackets in strings do not count', () => {
  assert.throws(() => parse('['.repeat(1e6)), { code: 400, message: /nested deeper than 20 levels, at byte 20/ });
  assert.throws(() => parse('{"a":'.repeat(21)), { code: 400, message: /nested deeper/ });
  assert.equal(parse(JSON.stringify('[{'.repeat(500))), '[{'.repeat(500));
  assert.equal(parse('"\\"[[[[[[[[[[[[[[[[[[[[[[[["'), '"[[[[[[[[[[[[[[[[[[[[[[[[');
});

test('what is not JSON, not UTF-8, or would set a prototype is refused as a bad request', async () => {
  for (const text of ['{', 'nonsense', '{"a":1}}', '"unterminated', ''])
    assert.throws(() => parse(text), { code: 400, reason: 'BadRequest' }, text);
  assert.throws(() => parseJson(Buffer.from([0x22, 0xff, 0x22]), depthMax), { code: 400 });
  assert.throws(() => parse('{"__proto__": {"admin": true}}'), { code: 400 });
  await assert.rejects(parseYaml(Buffer.from('a: [b'), { nestingDepthMax: depthMax }), { code: 400 });
});

test('YAML comes out as JSON would have it', async () => {
  const yaml = Buffer.from('a: &x {b: [1, 2]}\nc: *x\n');
  assert.deepEqual(await parseYaml(yaml, { nestingDepthMax: depthMax }), { a: { b: [1, 2] }, c: { b: [1, 2] } });
  const bomb = `a: &a [x, x]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [${at === 0 ? '*a, *a' : `*b${at - 1}, *b${at - 1}`}]`).join('\n')}`;
  await assert.rejects(parseYaml(Buffer.from(bomb), { nestingDepthMax: depthMax }), { code: 400 });
});

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { parseManifests } from './manifests.ts';

const pod = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: c\n      image: x\n';

test('a stream of documents is read, empty ones left out, JSON and flow style too', () => {
  const text = `---\n${pod}---\n# nothing\n---\n{apiVersion: "v1", kind: "Pod", metadata: {name: "b",},}\n---\n{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"}}\n`;
  assert.deepEqual(
    parseManifests(text, 'f.yaml').map(({ object }) => object.metadata.name),
    ['a', 'b', 'c'],
  );
});

test('a List is taken apart', () => {
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }],
  });
  assert.equal(parseManifests(text, 'f.json')[0]!.object.metadata.name, 'x');
});

test('a field is found with its file, line and document', () => {
  const [, second] = parseManifests(`${pod}---\n${pod}`, 'f.yaml');
  assert.equal(second!.where('spec.containers[0].image'), 'f.yaml:17: document 2: spec.containers[0].image: ');
  assert.equal(second!.where('spec.containers[0].imagee'), 'f.yaml:16: document 2: spec.containers[0].imagee: ');
});

test('mistakes are refused with their place', () => {
  const cases: [string, RegExp][] = [
    [`${pod}  oops\n`, /^f\.yaml:\d+:\d+: document 1: /],
    ['- 1\n', /^f\.yaml:1: document 1: wants an object/],
    ['kind: Pod\nmetadata: {name: a}\n', /^f\.yaml:1: document 1: apiVersion: wants a string/],
    ['apiVersion: v1\nkind: Pod\nmetadata: {labels: {}}\n', /^f\.yaml:3: document 1: metadata\.name: wants a name/],
  ];
  for (const [text, message] of cases)
    assert.throws(() => parseManifests(text, 'f.yaml'), { code: 'bad-manifest', message }, text);
});

test('aliases that would grow without bound are refused', () => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
  for (let i = 1; i < 10; i++) text += `a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]\n`;
  assert.throws(() => parseManifests(text, 'f.yaml'), { code: 'bad-manifest' });
});

test('any text gives manifests or a fault, nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      try {
        parseManifests(text, 'f.yaml');
      } catch (error) {
        assert.ok(error instanceof Fault, String(error));
      }
    }),
  );
});

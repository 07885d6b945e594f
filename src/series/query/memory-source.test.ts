import assert from 'node:assert/strict';
import test from 'node:test';
import { Labels } from './labels/labels.ts';
import { createMatcher } from './labels/matcher.ts';
import { MemorySource } from './memory-source.ts';
import { testSource } from './source-conformance.ts';

testSource('memory', async (contents) => {
  const source = new MemorySource();
  for (const { labels, samples } of contents) source.append(labels, samples);
  return source;
});

test('a sample of a time that is there already replaces it, and clearing forgets everything', () => {
  const source = new MemorySource();
  const labels = Labels.of({ __name__: 'm' });
  const select = () => source.select({ tenant: 't', namespaces: '*' }, [createMatcher('=', '__name__', 'm')], 0, 10);
  source.append(labels, [{ timeMs: 1, value: 1 }]);
  source.append(labels, [
    { timeMs: 0, value: 5 },
    { timeMs: 1, value: 2 },
  ]);
  assert.deepEqual([...select()[0]!.values], [5, 2]);
  source.clear();
  assert.deepEqual(select(), []);
});

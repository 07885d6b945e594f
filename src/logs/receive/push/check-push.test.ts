import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { levelOfFields } from '../../level/level.ts';
import { checkedStreams } from './check-push.ts';
import { pushLimits } from './limits.ts';
import { Problems } from './problems.ts';
import { withServiceName } from './service-name.ts';

const name = fc.constantFrom('app', 'level', 'service', 'service_name', 'pod', '__proto__', 'z');
const value = fc.constantFrom(
  '',
  'a',
  'b',
  'warn',
  'ERROR',
  'a-value-of-more-than-twelve',
  '\ud800'.repeat(20),
  'x'.repeat(3000),
);
const pairs = fc.uniqueArray(fc.tuple(name, value), { minLength: 1, maxLength: 5, selector: ([each]) => each });

function taken(labels: readonly [string, string][]) {
  const bytes = Buffer.from('line');
  const stream = { labels, bytes, from: [0], to: [4], seconds: [1], nanos: [0] };
  const problems = new Problems();
  const [lines] = checkedStreams([stream], 1_000_000, problems);
  return { labels: lines?.labels, level: lines?.metadata?.sets[0]?.detected_level, problems: problems.lines.size };
}

test('What is said of a stream is the same whatever stream came before it', () => {
  fc.assert(
    fc.property(fc.array(pairs, { minLength: 1, maxLength: 8 }), (streams) => {
      for (const labels of streams) {
        const kept = labels.filter(([, each]) => each !== '');
        const isAcceptable =
          kept.length > 0 && labels.every(([, each]) => each.length <= pushLimits.labelValueBytesMax);
        const found = taken(labels);
        if (!isAcceptable) {
          assert.deepEqual(found, { labels: undefined, level: undefined, problems: 1 });
          continue;
        }
        const expected = [...withServiceName(kept)].sort(([a], [b]) => (a < b ? -1 : 1));
        assert.deepEqual(Object.entries(found.labels!), expected);
        assert.equal(found.level, levelOfFields(Object.fromEntries(expected)) ?? 'unknown');
        assert.equal(found.problems, 0);
      }
    }),
  );
});

import test from 'node:test';
import fc from 'fast-check';
import { MemorySource } from '../memory-source.ts';
import type { PlainStream } from './plain-engine-under-test.ts';
import { checkLines, checkWindows, linesQuery, streams, windowsQuery } from './random-logs-under-test.ts';

const scope = { tenant: 'test', namespaces: '*' as const };
const blockLines = fc.integer({ min: 1, max: 9 });

function sourceOf(all: readonly PlainStream[], lines: number): MemorySource {
  const source = new MemorySource(lines);
  for (const stream of all) source.add(stream.labels, stream.lines);
  return source;
}

test('lines are those that a plain evaluator finds, in both directions and with any limit', async () => {
  await fc.assert(
    fc.asyncProperty(streams, linesQuery, blockLines, (all, query, lines) =>
      checkLines(all, query, sourceOf(all, lines), scope),
    ),
    { numRuns: 300 },
  );
});

test('windows have the values that a plain evaluator computes, at any step', async () => {
  await fc.assert(
    fc.asyncProperty(streams, windowsQuery, blockLines, (all, query, lines) =>
      checkWindows(all, query, sourceOf(all, lines), scope),
    ),
    { numRuns: 300 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySource } from '../memory-source.ts';
import { rangeQuery } from './engine.ts';

/** How often a query of this pipeline asks whether to stop. */
async function looksOf(pipeline: string, lineCount: number): Promise<number> {
  const source = new MemorySource();
  source.add(
    { app: 'x' },
    Array.from({ length: lineCount }, (_, at) => ({ timeNs: BigInt(at), line: `a=${at}` })),
  );
  let looks = 0;
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => ++looks,
    sleep: () => new Promise<void>(() => {}),
  };
  const range = { startNs: 0n, endNs: BigInt(lineCount), stepNs: 0 };
  const scope = { tenant: 'test', namespaces: '*' as const };
  await rangeQuery(
    { query: `{app="x"} ${pipeline}`, source, scope, ...range, limit: lineCount },
    { clock, timeoutMs: 1e9 },
  );
  return looks;
}

test('whether to stop is asked often, over many lines and within a line of many stages', async () => {
  assert.ok((await looksOf('| logfmt', 1000)) >= 1000 / 16);
  assert.ok((await looksOf('| line_format "{{__line__}}"'.repeat(400), 1)) >= 400 / 16);
});

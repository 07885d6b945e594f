import assert from 'node:assert/strict';
import test from 'node:test';
import { MemorySource } from '../memory-source.ts';
import { rangeQuery } from './engine.ts';

async function found(pipeline: string, lines: readonly string[]): Promise<string[]> {
  const source = new MemorySource();
  source.add(
    { app: 'x' },
    lines.map((line, at) => ({ timeNs: BigInt(at), line })),
  );
  const scope = { tenant: 'test', namespaces: '*' as const };
  const request = { query: `{app="x"} ${pipeline}`, source, scope, startNs: 0n, endNs: 1000n, stepNs: 0 };
  const { value } = await rangeQuery({ ...request, direction: 'forward' });
  assert.ok(value.type === 'streams');
  const entries = value.streams.flatMap((stream) => stream.entries);
  return entries.sort((a, b) => Number(a.timeNs - b.timeNs)).map(({ line }) => line);
}

test('a field is found by its name, however the name came to be', async () => {
  const lines = [
    '{"response_code":500}',
    '{"response":{"code":501}}',
    '{"response.code":502}',
    '{"response-code":503}',
    '{"\\u0072esponse_code":504}',
    '{"response_code":200}',
    '{"other":500}',
  ];
  assert.deepEqual(await found('| json | response_code >= 500', lines), lines.slice(0, 5));
  const logfmt = ['response_code=500', 'response.code=501', 'code=502'];
  assert.deepEqual(await found('| logfmt | response_code >= 500', logfmt), logfmt.slice(0, 2));
  assert.deepEqual(await found('| json | a_b="x"', ['{"a":{"b":"x"}}', '{"a_b":"y"}']), ['{"a":{"b":"x"}}']);
});

test('a field that has the name of a label of the stream is found under its other name', async () => {
  const lines = ['{"app":"y"}', '{"app":"z"}'];
  assert.deepEqual(await found('| json | app_extracted="y"', lines), lines.slice(0, 1));
});

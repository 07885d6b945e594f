import assert from 'node:assert/strict';
import test from 'node:test';
import { fill, startApiUnderTest } from './server-under-test.ts';

test('a query is answered by a thread as it is on the spot', async (t) => {
  const spot = await startApiUnderTest();
  const thread = await startApiUnderTest({ query: { inlineSamplesMax: -1 } });
  t.after(() => Promise.all([spot.close(), thread.close()]));
  const bodies = [];
  for (const { store, get } of [spot, thread]) {
    for (const instance of ['a', 'b']) {
      await fill(
        store,
        { __name__: 'up', instance },
        Array.from({ length: 100 }, (_, at) => [at * 15_000, at / 3] as const),
      );
    }
    const paths = [
      '/api/v1/query?query=up&time=60',
      '/api/v1/query_range?query=rate(up[1m])&start=60&end=600.5&step=15',
      '/api/v1/query?query=up[2m]&time=120',
      '/api/v1/query?query=1&time=1.5',
      '/api/v1/query?query=%22x%22&time=0',
    ];
    bodies.push(await Promise.all(paths.map(async (path) => (await get(path)).text)));
  }
  assert.deepEqual(bodies[0], bodies[1]);
  assert.equal(
    bodies[0]![0],
    '{"status":"success","data":{"resultType":"vector","result":[' +
      '{"metric":{"__name__":"up","instance":"a"},"value":[60,"1.3333333333333333"]},' +
      '{"metric":{"__name__":"up","instance":"b"},"value":[60,"1.3333333333333333"]}]}}',
  );
  assert.equal(bodies[0]![3], '{"status":"success","data":{"resultType":"scalar","result":[1.500,"1"]}}');
});

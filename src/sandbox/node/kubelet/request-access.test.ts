import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subresourcesOf } from './request-access.ts';

test("a path is authorized as the kubelet's own code does it", () => {
  const asked: [string, string[]][] = [
    ['/metrics', ['metrics']],
    ['/metrics/resource', ['metrics']],
    ['/metricsx', ['proxy']],
    ['/stats/summary', ['stats']],
    ['/logs/', ['log']],
    ['/pods', ['pods', 'proxy']],
    ['/healthz', ['healthz', 'proxy']],
    ['/containerLogs/default/a/b', ['proxy']],
    ['/', ['proxy']],
    ['//metrics', ['proxy']],
    ['/%6Detrics', ['proxy']],
  ];
  for (const [path, subresources] of asked) assert.deepEqual(subresourcesOf(path), subresources, path);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { MetricsRegistry } from '../../telemetry/telemetry.ts';
import { AnswerBudget } from './answer-budget.ts';
import { createMetricsVersion } from './serve.ts';
import { heldMetrics, pod, serveMetrics, usage } from './server-under-test.ts';

const base = '/apis/metrics.k8s.io/v1beta1';

test('clients that do not take their lists cannot fill the memory, and single pods are served meanwhile', async (t) => {
  const many = Array.from({ length: 40_000 }, (_, n) =>
    pod('default', `pod-${n}`, [{ name: 'c', usage: usage(n, n) }]),
  );
  const metrics = heldMetrics(many, []);
  const registry = new MetricsRegistry();
  const version = createMetricsVersion({ metrics, registry, clock: systemClock, answerBytesMax: 1024 * 1024 });
  const { server, pki, get } = await serveMetrics(t, metrics, { versions: [version] });
  const { certificate: cert, key } = await pki.client('ann', []);
  const idle = request(`${server.url}${base}/pods`, { ca: pki.ca, cert, key, agent: false });
  idle.on('error', () => {});
  idle.end();
  const [response] = (await once(idle, 'response')) as [IncomingMessage];
  const refused = await until(
    () => get(`${base}/pods`),
    ({ code }) => code === 429,
  );
  assert.deepEqual([refused.body.reason, refused.headers['retry-after']], ['TooManyRequests', '1']);
  assert.equal((await get(`${base}/namespaces/default/pods/pod-7`)).code, 200);
  response.destroy();
  const served = await until(
    () => get(`${base}/pods`),
    ({ code }) => code === 200,
  );
  assert.equal(served.body.items.length, many.length);
});

async function until<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    await sleep(25);
  }
  return assert.fail('waited in vain');
}

test('lists wait for one another in the order in which they came', async () => {
  const budget = new AnswerBudget(1);
  const done: number[] = [];
  const endings: (() => void)[] = [];
  const lists = [1, 2, 3, 4].map((list) =>
    budget.inTurn(async () => {
      await new Promise<void>((resolve) => endings.push(resolve));
      done.push(list);
    }),
  );
  const begun: number[] = [];
  while (done.length < 4) {
    await sleep(0);
    begun.push(endings.length);
    endings.shift()?.();
  }
  await Promise.all(lists);
  assert.deepEqual(done, [1, 2, 3, 4]);
  assert.ok(Math.max(...begun) <= 2, 'two at once');
});

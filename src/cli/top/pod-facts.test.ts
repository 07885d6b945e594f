import assert from 'node:assert/strict';
import test from 'node:test';
import { amounts, partialAmounts } from './amounts.ts';
import { podFacts } from './pod-facts.ts';
import { groupFacts, joined } from './row.ts';
import { groupRow, sorted, unservedOf } from './view.ts';

const quantities = (cpu: string, memory: string) => ({ cpu, memory });

function pod(name: string, spec: object, status: object = {}) {
  const metadata = { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' };
  return podFacts({ metadata, spec: { nodeName: 'n', ...spec }, status: { phase: 'Running', ...status } });
}

const running = (name: string, restartCount = 0) => ({ name, restartCount, state: { running: {} } });

test('a sidecar counts with the containers, an init container that ends does not', () => {
  const facts = pod(
    'web',
    {
      containers: [
        { name: 'app', resources: { requests: quantities('100m', '64Mi'), limits: quantities('1', '1Gi') } },
      ],
      initContainers: [
        { name: 'migrate', resources: { requests: quantities('4', '4Gi') } },
        { name: 'proxy', restartPolicy: 'Always', resources: { requests: quantities('50m', '16Mi') } },
      ],
    },
    {
      containerStatuses: [running('app', 2)],
      initContainerStatuses: [running('proxy', 1), { name: 'migrate', restartCount: 7, state: { terminated: {} } }],
    },
  );
  assert.deepEqual([...facts.containers.keys()], ['app', 'proxy']);
  assert.deepEqual(facts.requests, partialAmounts(quantities('150m', '80Mi')));
  // The proxy has no limit, so the pod has none.
  assert.deepEqual(facts.limits, partialAmounts(undefined));
  assert.equal(facts.restarts, 3);
  assert.equal(facts.isRunning, true);
});

test('what is set for the pod as a whole goes before the sum of its containers', () => {
  const facts = pod('web', {
    resources: { requests: { cpu: '2' } },
    containers: [{ name: 'app', resources: { requests: quantities('100m', '64Mi') } }],
  });
  assert.deepEqual(facts.requests, partialAmounts(quantities('2', '64Mi')));
});

test('a pod that has ended holds nothing, and nobody expects figures of it', () => {
  const facts = pod(
    'job',
    { containers: [{ name: 'work', resources: { requests: quantities('1', '1Gi') } }] },
    { phase: 'Succeeded', containerStatuses: [{ name: 'work', state: { terminated: {} } }] },
  );
  const pods = joined([], [facts]);
  assert.deepEqual(groupFacts(pods)?.requests, partialAmounts(undefined));
  assert.deepEqual(groupFacts(pods)?.pods, { served: 0, expected: 0 });
  assert.deepEqual(unservedOf(pods), []);
});

test('a group whose running pods have no figures has no usage; one without running pods uses nothing', () => {
  const facts = pod('web', { containers: [{ name: 'app' }] }, { containerStatuses: [running('app')] });
  assert.equal(groupRow({ name: 'g' }, joined([], [facts])).usage, undefined);
  assert.deepEqual(groupRow({ name: 'g' }, []).usage, amounts({}));
});

test('figures alone make a row, whatever may be known of the pod', () => {
  const usage = amounts(quantities('1m', '1Mi'));
  const figures = { namespace: 'shop', name: 'web', timestamp: '', window: '', containers: [{ name: 'app', usage }] };
  const [only] = joined([figures], undefined);
  assert.equal(only!.facts, undefined);
  assert.equal(groupFacts([only!]), undefined);
  assert.deepEqual(groupRow({ name: 'g' }, [only!]).usage, usage);
});

test('rows are sorted by namespace and name, or the largest first; what has no usage comes last', () => {
  const row = (namespace: string, name: string, cpu?: string) => ({
    namespace,
    name,
    usage: cpu === undefined ? undefined : amounts(quantities(cpu, '1Mi')),
    facts: undefined,
  });
  const rows = [row('b', 'x', '3'), row('a', 'z', '1'), row('a', 'y'), row('a', 'x', '2')];
  const names = (sortBy?: 'cpu') => sorted(rows, sortBy).map(({ namespace, name }) => `${namespace}/${name}`);
  assert.deepEqual(names(), ['a/x', 'a/z', 'b/x', 'a/y']);
  assert.deepEqual(names('cpu'), ['b/x', 'a/x', 'a/z', 'a/y']);
});

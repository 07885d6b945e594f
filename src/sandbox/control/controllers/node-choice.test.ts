import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { chooseNode } from './node-choice.ts';

function node(
  name: string,
  given: { labels?: Record<string, string>; spec?: object; allocatable?: object } = {},
): KubeObject {
  return {
    metadata: { name, labels: given.labels ?? {} },
    spec: given.spec ?? {},
    status: { conditions: [{ type: 'Ready', status: 'True' }], allocatable: given.allocatable ?? {} },
  };
}

function pod(spec: object = {}): KubeObject {
  return { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }], ...spec } };
}

function chosen(given: KubeObject, nodes: KubeObject[], pods: KubeObject[] = []): string {
  const choice = chooseNode(given, nodes, pods);
  return 'node' in choice ? choice.node.metadata.name : choice.message;
}

const requesting = (cpu: string, nodeName?: string) =>
  pod({ containers: [{ resources: { requests: { cpu } } }], ...(nodeName ? { nodeName } : {}) });

test('the node with the fewest pods takes the pod; ended ones do not count', () => {
  const ended = { ...pod({ nodeName: 'b' }), status: { phase: 'Failed' } };
  assert.equal(chosen(pod(), [node('a'), node('b')], [pod({ nodeName: 'a' }), ended]), 'b');
});

test('a node selector that no node carries is said in the words of the scheduler', () => {
  assert.equal(
    chosen(pod({ nodeSelector: { disk: 'ssd' } }), [node('a'), node('b', { labels: { disk: 'hdd' } })]),
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
  );
  assert.equal(chosen(pod({ nodeSelector: { disk: 'ssd' } }), [node('a', { labels: { disk: 'ssd' } })]), 'a');
});

test('required node affinity: one of the terms has to match, an empty one matches nothing', () => {
  const affinity = (nodeSelectorTerms: object[]) =>
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } });
  const nodes = [node('a', { labels: { zone: 'x' } }), node('b', { labels: { zone: 'y' } })];
  assert.equal(chosen(affinity([{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['y'] }] }]), nodes), 'b');
  assert.equal(
    chosen(affinity([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }]), nodes),
    'b',
  );
  assert.match(chosen(affinity([{}]), nodes), /didn't match/);
});

test('a taint keeps pods away that do not tolerate it', () => {
  const tainted = node('a', { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } });
  assert.equal(chosen(pod(), [tainted]), '0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.');
  for (const toleration of [{ operator: 'Exists' }, { key: 'gpu', value: 'yes' }, { key: 'gpu', operator: 'Exists' }]) {
    assert.equal(chosen(pod({ tolerations: [toleration] }), [tainted]), 'a');
  }
  assert.match(chosen(pod({ tolerations: [{ key: 'gpu', value: 'no' }] }), [tainted]), /untolerated/);
});

test('a node that is cordoned or not ready takes nothing', () => {
  const silent = { ...node('b'), status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } };
  assert.equal(
    chosen(pod(), [node('a', { spec: { unschedulable: true } }), silent]),
    '0/2 nodes are available: 1 node(s) were not ready, 1 node(s) were unschedulable.',
  );
});

test('what is requested has to fit beside what is there', () => {
  const small = node('a', { allocatable: { cpu: '1', pods: '2' } });
  assert.equal(chosen(requesting('500m'), [small], [requesting('500m', 'a')]), 'a');
  assert.match(chosen(requesting('600m'), [small], [requesting('500m', 'a')]), /1 Insufficient cpu/);
  assert.match(chosen(pod(), [small], [pod({ nodeName: 'a' }), pod({ nodeName: 'a' })]), /1 Too many pods/);
});

test('without nodes there is nothing to choose', () => {
  assert.equal(chosen(pod(), []), 'no nodes available to schedule pods');
});

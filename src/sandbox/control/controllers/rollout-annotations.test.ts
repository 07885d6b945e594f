import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followedAnnotations, highestRevision, REVISION, REVISION_HISTORY } from './rollout-annotations.ts';

const deployment = (annotations: Record<string, string>) => ({ metadata: { name: 'web', annotations } });

test('a new set gets the next revision and the annotations of the deployment, except those about itself', () => {
  const of = deployment({ note: 'x', [REVISION]: '7', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
  assert.deepEqual(followedAnnotations(of, undefined, 8), { note: 'x', [REVISION]: '8' });
});

test('going back to an old set gives it the latest revision and remembers the one that it had', () => {
  const before = { [REVISION]: '2', [REVISION_HISTORY]: '1' };
  assert.deepEqual(followedAnnotations(deployment({}), before, 5), { [REVISION]: '5', [REVISION_HISTORY]: '1,2' });
});

test('a revision never falls', () => {
  assert.equal(followedAnnotations(deployment({}), { [REVISION]: '5' }, 3)[REVISION], '5');
});

test('the highest revision of sets without one is zero', () => {
  assert.equal(highestRevision([]), 0);
  assert.equal(highestRevision([deployment({}), deployment({ [REVISION]: '4' })]), 4);
});

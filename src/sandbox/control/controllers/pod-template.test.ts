import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameTemplate, TEMPLATE_HASH, templateHash } from './pod-template.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

test('the order of keys does not change the hash, a value does', () => {
  const reordered = { spec: { containers: [{ image: 'i', name: 'c' }] }, metadata: { labels: { app: 'web' } } };
  assert.equal(templateHash(template, 0), templateHash(reordered, 0));
  const other = { ...template, spec: { containers: [{ name: 'c', image: 'j' }] } };
  assert.notEqual(templateHash(template, 0), templateHash(other, 0));
});

test('a collision gives another hash, which can stand in a name', () => {
  assert.notEqual(templateHash(template, 0), templateHash(template, 1));
  assert.match(templateHash(template, 0), /^[a-z0-9]{10}$/);
});

test('the label that the controller adds makes no difference', () => {
  const labelled = { ...template, metadata: { labels: { app: 'web', [TEMPLATE_HASH]: 'x' } } };
  assert.ok(sameTemplate(template, labelled));
  assert.equal(templateHash(template, 0), templateHash(labelled, 0));
  assert.ok(!sameTemplate(template, { ...template, metadata: { labels: { app: 'web', tier: 'x' } } }));
});

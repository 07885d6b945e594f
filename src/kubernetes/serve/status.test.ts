import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/fault.ts';
import { alreadyExists, conflict, forbidden, invalid, notFound, statusErrorOf, tooLargeVersion } from './status.ts';

const pods = { group: '', plural: 'pods' };
const deployments = { group: 'apps', plural: 'deployments' };

test('refusals have the words and the shape of Kubernetes', () => {
  assert.deepEqual(notFound(pods, 'x').toStatus(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'pods "x" not found',
    reason: 'NotFound',
    details: { name: 'x', kind: 'pods' },
    code: 404,
  });
  assert.equal(alreadyExists(deployments, 'd').message, 'deployments.apps "d" already exists');
  assert.equal(
    conflict(deployments, 'd').message,
    'Operation cannot be fulfilled on deployments.apps "d": the object has been modified; please apply your changes to the latest version and try again',
  );
  assert.equal(forbidden(pods, '', 'because').message, 'pods is forbidden: because');
  assert.equal(tooLargeVersion(9, 3).details?.causes?.[0]?.reason, 'ResourceVersionTooLarge');
});

test('an invalid object is told each of its faults, as text and as causes', () => {
  const name = { field: 'metadata.name', reason: 'FieldValueRequired', message: 'Required value' };
  const image = { field: 'spec.containers[0].image', reason: 'FieldValueRequired', message: 'Required value' };
  assert.equal(invalid('', 'Pod', 'x', [name]).message, 'Pod "x" is invalid: metadata.name: Required value');
  const both = invalid('apps', 'Deployment', 'd', [name, image]);
  assert.equal(
    both.message,
    'Deployment "d" is invalid: [metadata.name: Required value, spec.containers[0].image: Required value]',
  );
  assert.deepEqual(both.details, { name: 'd', group: 'apps', kind: 'Deployment', causes: [name, image] });
});

test('a Fault for readers becomes a Status; a defect of ours does not', () => {
  assert.equal(statusErrorOf(new Fault('bad-request', 'no'))?.code, 400);
  assert.equal(statusErrorOf(new Fault('disk-full', 'no room'))?.code, 503);
  assert.equal(statusErrorOf(new Fault('overloaded', 'later'))?.details?.retryAfterSeconds, 1);
  assert.equal(statusErrorOf(new TypeError('oops')), undefined);
});

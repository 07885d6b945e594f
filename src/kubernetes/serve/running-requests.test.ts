import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestLife, RunningRequests } from './running-requests.ts';

const [gone, ends] = ['gone', 'the server ends'];

test('a request ends when its client goes, others when the server does, and those that come later at once', () => {
  const requests = new RunningRequests();
  const [first, second] = [requests.enter(), requests.enter()];
  requests.leave(first, gone);
  assert.deepEqual([first.signal.reason, second.signal.aborted], [gone, false]);
  requests.end(ends);
  assert.deepEqual([first.signal.reason, second.signal.reason, requests.enter().signal.reason], [gone, ends, ends]);
  requests.leave(second, gone);
  assert.equal(second.signal.reason, ends);
});

test('a signal that is asked for late knows what has happened, and one reason counts', () => {
  const life = new RequestLife();
  assert.equal(life.reason, undefined);
  life.end(gone);
  life.end(ends);
  assert.deepEqual([life.reason, life.signal.aborted, life.signal.reason], [gone, true, gone]);
  const early = new RequestLife();
  const { signal } = early;
  assert.equal(signal.aborted, false);
  early.end(ends);
  assert.deepEqual([signal.aborted, signal.reason, early.signal], [true, ends, signal]);
});

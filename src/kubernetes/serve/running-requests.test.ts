import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningRequests } from './running-requests.ts';

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

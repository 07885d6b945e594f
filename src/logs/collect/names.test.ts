import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTemporary, parseLogFile, parsePodDirectory } from './names.ts';

test("a pod's directory is namespace, name and uid, or a static pod's hash", () => {
  const uid = '11111111-2222-4333-8444-555555555555';
  assert.deepEqual(parsePodDirectory(`shop_web-0_${uid}`), { namespace: 'shop', pod: 'web-0', podUid: uid });
  assert.equal(parsePodDirectory('kube-system_etcd-n1_9b3f5c0d9b3f5c0d9b3f5c0d9b3f5c0d')?.podUid.length, 32);
  for (const odd of ['shop', 'shop_web', 'a_b_c_d', '_b_c', 'lost+found'])
    assert.equal(parsePodDirectory(odd), undefined, odd);
});

test('a log file is an attempt, perhaps rotated, perhaps compressed', () => {
  assert.deepEqual(parseLogFile('12.log'), { attempt: 12, stamp: null, gz: false });
  assert.deepEqual(parseLogFile('0.log.20261122-200001'), { attempt: 0, stamp: '20261122-200001', gz: false });
  assert.deepEqual(parseLogFile('0.log.20261122-200001.gz'), { attempt: 0, stamp: '20261122-200001', gz: true });
  for (const odd of ['x.log', '0.log.gz', '0.log.1', '0.log.20261122-200001.bz2', '-1.log']) {
    assert.equal(parseLogFile(odd), undefined, odd);
  }
});

test('what is being compressed is not a log file yet', () => {
  assert.ok(isTemporary('0.log.20261122-200001.tmp'));
  assert.ok(!isTemporary('0.log'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseDeleteOptions,
  parseListOptions,
  parsePatchType,
  parseWatchOptions,
  parseWriteOptions,
} from './options.ts';

const query = (text: string) => new URLSearchParams(text);

test('list options that contradict each other are refused as Kubernetes does', () => {
  const list = (text: string) => parseListOptions(query(text), '');
  assert.deepEqual([list('').resourceVersion, list('resourceVersion=0').resourceVersion], [undefined, 0]);
  assert.equal(list('resourceVersion=7&resourceVersionMatch=Exact').match, 'Exact');
  for (const text of [
    'resourceVersionMatch=Exact',
    'resourceVersionMatch=Exact&resourceVersion=0',
    'resourceVersionMatch=Newest&resourceVersion=1',
  ])
    assert.throws(() => list(text), { code: 422, reason: 'Invalid' }, text);
  for (const text of [
    'resourceVersion=x',
    'resourceVersion=-1',
    'limit=many',
    'continue=a&resourceVersion=5',
    'labelSelector=a in',
  ])
    assert.throws(
      () => list(text),
      /must be a whole number|not allowed when using continue|unable to parse requirement/,
      text,
    );
});

test('a name in the path of a watch is one more condition', () => {
  assert.deepEqual(parseWatchOptions(query('fieldSelector=spec.nodeName=a'), 'x').selection.fields, [
    { field: 'spec.nodeName', equal: true, value: 'a' },
    { field: 'metadata.name', equal: true, value: 'x' },
  ]);
});

test('streaming a list wants its two companions', () => {
  const watch = (text: string) => parseWatchOptions(query(text), '');
  assert.equal(
    watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true').sendInitialEvents,
    true,
  );
  assert.throws(() => watch('sendInitialEvents=true&allowWatchBookmarks=true'), { code: 422 });
  assert.throws(() => watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan'), { code: 422 });
  assert.throws(() => watch('resourceVersion=5&resourceVersionMatch=NotOlderThan'), { code: 422 });
});

test('delete options come from the body, then from the query', () => {
  const body = {
    gracePeriodSeconds: 3,
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u' },
    metadata: { name: '' },
  };
  assert.deepEqual(parseDeleteOptions(query('gracePeriodSeconds=9'), body), {
    dryRun: false,
    gracePeriodSeconds: 3,
    propagation: 'Foreground',
    preconditions: { uid: 'u' },
  });
  assert.equal(parseDeleteOptions(query('gracePeriodSeconds=0&dryRun=All'), undefined).gracePeriodSeconds, 0);
  assert.equal(parseDeleteOptions(query('orphanDependents=true'), undefined).propagation, 'Orphan');
  assert.throws(() => parseDeleteOptions(query('propagationPolicy=Sometimes'), undefined), { code: 422 });
  assert.throws(() => parseDeleteOptions(query(''), { ...body, gracePeriodSeconds: 1.5 }), { code: 400 });
});

test('dryRun and fieldValidation take their own values only; patches are known by their content type', () => {
  assert.deepEqual(parseWriteOptions(query('dryRun=All&fieldValidation=Strict')), {
    dryRun: true,
    fieldValidation: 'Strict',
  });
  assert.throws(() => parseWriteOptions(query('dryRun=yes')), { code: 422 });
  assert.throws(() => parseWriteOptions(query('fieldValidation=Hard')), { code: 422 });
  assert.equal(parsePatchType('application/merge-patch+json; charset=utf-8'), 'merge');
  assert.throws(() => parsePatchType('application/json'), { code: 415, reason: 'UnsupportedMediaType' });
});

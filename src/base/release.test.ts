import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { release, releaseOwn } from './release.ts';

test('a large buffer gives its memory back at once', () => {
  const large = Buffer.alloc(Buffer.poolSize + 1);
  release(large);
  assert.equal(large.length, 0);
});

test('a smaller one may be a slice of what others read, and is left alone unless its owner is sure', () => {
  const packed = gzipSync(Buffer.alloc(40_000, 'a'));
  const page = gunzipSync(packed, { chunkSize: 40_001 });
  release(page);
  assert.equal(page.length, 40_000);
  releaseOwn(page);
  assert.equal(page.length, 0);
});

test('the pool is nobody’s own', () => {
  const pooled = Buffer.from('in the pool');
  releaseOwn(pooled);
  assert.equal(pooled.toString(), 'in the pool');
});

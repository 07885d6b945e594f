import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../../base/file-layer.ts';
import { PushedFrameBuilder } from '../../batch/batch.ts';
import { Packs } from '../packs.ts';
import { push, readStream } from '../pushed-fixture.ts';
import { type RecordKind, recordKinds } from '../record.ts';
import { compactsEverything, openTestStore, temporaryDirectory } from '../store-fixture.ts';

/** What an earlier build wrote: whole blocks replaced by one that is named by its latest part. */
function mergedPayload(header: object, frame: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, frame]);
}

function frameOf(runs: Record<string, readonly string[]>): Buffer {
  const builder = new PushedFrameBuilder();
  for (const [name, lines] of Object.entries(runs)) {
    builder.beginRun({ name });
    for (const line of lines) builder.add(Buffer.from(line), 0, line.length, Number(line.slice(1)), 0, undefined);
  }
  return builder.finish().frame;
}

test('Blocks that an earlier build merged are read, regrouped and not doubled', async () => {
  const directory = temporaryDirectory();
  const packs = await Packs.open(realFiles, join(directory.path, 'store', 'packs'));
  const receivedMs = Date.now();
  const record = (kind: RecordKind, sequence: number, payload: Buffer) => {
    return { kind, tenant: 'acme', sequence, receivedMs, payload };
  };
  const header = { replaces: [11, 12], parts: [null, '11 0 1 1 0 1'], sequence: 12, sequenceMin: 11, receivedMs };
  await packs.append([
    record(recordKinds.pushed, 11, frameOf({ b: ['b1'] })),
    record(recordKinds.pushed, 12, frameOf({ a: ['a2'], b: ['b2'] })),
    record(recordKinds.pushedMerged, 13, mergedPayload(header, frameOf({ a: ['a2'], b: ['b1', 'b2'] }))),
    record(recordKinds.pushed, 14, frameOf({ a: ['a3'] })),
  ]);
  await packs.close();
  const store = await openTestStore(directory.path, { compact: compactsEverything });
  try {
    for (const regroups of [false, true]) {
      if (regroups) await store.tidy();
      assert.equal(store.status().blocks, regroups ? 1 : 2);
      assert.deepEqual(await readStream(store, { name: 'a' }), ['a2', 'a3']);
      assert.deepEqual(await readStream(store, { name: 'b' }), ['b1', 'b2']);
      assert.deepEqual(await readStream(store, { name: 'b' }, { throughSequence: 11 }), ['b1']);
      assert.equal((await push(store, { name: 'b' }, [2000, 'b2'])).held, 1);
    }
  } finally {
    await store.close();
    directory.remove();
  }
});

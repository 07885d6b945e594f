import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { pushedStreamId } from '../batch/batch.ts';
import { all, anyone, entry, readStream } from './pushed-fixture.ts';
import { forgetCatalogue, openTestStore, temporaryDirectory } from './store-fixture.ts';

/** So few pushes are not put together, and each has a pack to itself. */
const options = { packBytesMax: 1024, compact: { textBytesMin: Number.MAX_SAFE_INTEGER, shareMax: 1 } };

/** Of a store that is closed. Rows of streams are numbered by who came first, so they go by their ids. */
function tablesOf(dataDir: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(dataDir, 'store', 'catalog.db'), { readOnly: true });
  const statement = database.prepare(
    `SELECT s.id, b.*, r.block, r.position, r.line_from, r.line_count, r.text_bytes AS run_bytes, r.time_min, r.time_max, r.parts
     FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block JOIN pushed_streams s ON s.row = r.stream
     ORDER BY r.block, r.position`,
  );
  statement.setReadBigInts(true);
  const rows = statement.all();
  database.close();
  return rows;
}

test('What a copied block is in the catalogue, it is also in one that is made from the packs', async () => {
  const directory = temporaryDirectory();
  try {
    let store = await openTestStore(directory.path, options);
    const text = () => randomBytes(600).toString('hex');
    const lines: Record<string, string[]> = { a: [text(), text(), text()], b: [text(), text(), text()] };
    for (let i = 0; i < 3; i++) {
      await store.push('acme', anyone, [
        entry({ name: 'b' }, [[i, lines.b![i]!]]),
        entry({ name: 'a' }, [[i, lines.a![i]!]]),
      ]);
      await store.push('acme', anyone, [entry({ name: 'gone' }, [[i, text()]])]);
    }
    await store.deletePushed(all, [pushedStreamId('acme', { name: 'gone' })]);
    for (let i = 0; i < 8; i++) await store.tidy();
    const streams = store.pushedStreams(all);
    await store.close();
    const live = tablesOf(directory.path);
    assert.equal(live.length, 6);
    // A block that is as it was pushed goes by the number of its push.
    assert.ok(live.some(({ sequence, sequence_max }) => sequence !== sequence_max));
    forgetCatalogue(directory.path);
    store = await openTestStore(directory.path, options);
    assert.deepEqual(store.pushedStreams(all), streams);
    for (const name of ['a', 'b']) assert.deepEqual(await readStream(store, { name }), lines[name]);
    await store.close();
    assert.deepEqual(tablesOf(directory.path), live);
  } finally {
    directory.remove();
  }
});

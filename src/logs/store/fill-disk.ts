import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/fault.ts';
import { batch, openTestStore, readAll, resolveOne } from './store-fixture.ts';

/* Run by faults.test.ts on a small file system of its own: fills it beside a ballast file, removes that, goes on. Prints what it saw. */
const directory = process.argv[2]!;
const batchSize = Number(process.argv[3]);
const ballast = join(directory, 'ballast');
writeFileSync(ballast, randomBytes(4 * 1024 * 1024));
// By default a store keeps to half of such a small disk, and would drop the oldest lines.
const options = { packBytesMax: 1024 * 1024, retention: { ageMs: null, bytesMax: null } };
let store = await openTestStore(directory, options);
const { id } = await resolveOne(store);
const acknowledged: string[] = [];
let offset = 0;

async function append(): Promise<void> {
  const lines = [randomBytes(batchSize).toString('base64')];
  const frame = batch(id, { from: offset, lines });
  await store.append('acme', [frame]);
  acknowledged.push(...lines);
  offset = frame.header.covers[0]!.to;
}

async function appendUntilRefused(): Promise<string> {
  for (;;) {
    try {
      await append();
    } catch (error) {
      return (error as { code?: string }).code ?? messageOf(error);
    }
  }
}

const refusals = [await appendUntilRefused()];
const whileFull = (await readAll(store, id)).length === acknowledged.length;
rmSync(ballast);
const before = acknowledged.length;
refusals.push(await appendUntilRefused());
const afterwards = acknowledged.length - before;
await store.close();
store = await openTestStore(directory, options);
const lines = await readAll(store, id);
const intact = lines.length === acknowledged.length && lines.every((line, i) => line === acknowledged[i]);
await store.close();
console.log(JSON.stringify({ refusals, whileFull, afterwards, intact }));

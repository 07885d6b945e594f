import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/fault.ts';
import { append, openTestStore, type TestSample } from './store-fixture.ts';

/* Run by faults.test.ts on a small file system of its own: fills it beside a ballast file, removes that, goes on. Prints what it saw. */
const directory = process.argv[2]!;
const ballast = join(directory, 'ballast');
writeFileSync(ballast, randomBytes(4 * 1024 * 1024));
let store = await openTestStore(directory);
let acknowledged = 0;
let step = 0;

async function appendOnce(): Promise<void> {
  const at = step++;
  const samples = Array.from(
    { length: 2000 },
    (_, i): TestSample => [{ __name__: 'a', i: String(i) }, at * 1000, Math.sqrt(at + i)],
  );
  acknowledged += (await append(store, samples)).taken;
}

async function appendUntilRefused(): Promise<string> {
  for (;;) {
    try {
      await appendOnce();
    } catch (error) {
      return (error as { code?: string }).code ?? messageOf(error);
    }
  }
}

const held = () => store.status().headSamples;

const refusals = [await appendUntilRefused()];
const { refusing } = store.status();
const whileFull = held() === acknowledged;
rmSync(ballast);
const before = acknowledged;
refusals.push(await appendUntilRefused());
const afterwards = acknowledged - before;
await store.close();
store = await openTestStore(directory);
const intact = held() === acknowledged;
await store.close();
console.log(JSON.stringify({ refusals, refusing, whileFull, afterwards, intact }));

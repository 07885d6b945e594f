import { BlockThread } from './maintain/block-thread.ts';
import { append, openTestStore, shown, standingClock } from './store-fixture.ts';

/* Run by kill-under-test.ts, which kills it: appends numbered samples, cuts and compacts all the while, and prints how many were acknowledged. */
const stepMs = 60_000;
const store = await openTestStore(process.argv[2]!, {
  clock: standingClock(1e14),
  runner: new BlockThread(),
  settings: { retention: { ageMs: null, bytesMax: null }, futureMsMax: 1e13 },
});
let next = (Object.values(await shown(store))[0] ?? '').split(' ').filter(Boolean).length;
let tidies = true;
console.log(next);
for (;;) {
  const { taken, repeated } = await append(
    store,
    ['a', 'b', 'c'].map((name) => [{ __name__: name }, next * stepMs, next * 3]),
  );
  if (taken + repeated !== 3) throw new Error(`${taken} taken, ${repeated} repeated`);
  next++;
  console.log(next);
  if (!tidies) continue;
  tidies = false;
  void store.tidy().finally(() => {
    tidies = true;
  });
}

import { batch, openTestStore, resolveOne } from './store-fixture.ts';

/* Run by faults.test.ts, which kills it: appends numbered lines and prints how many were acknowledged. */
const store = await openTestStore(process.argv[2]!);
const { id, segments } = await resolveOne(store);
let next = (segments[0]?.held[0]?.to ?? 0) / 5;
console.log(next);
for (;;) {
  const frames = [0, 1, 2].map((i) => batch(id, { from: (next + i) * 5, lines: [String(next + i).padStart(4, '0')] }));
  const results = await store.append('acme', frames);
  if (results.some(({ status }) => status !== 'stored')) throw new Error(JSON.stringify(results));
  next += 3;
  console.log(next);
}

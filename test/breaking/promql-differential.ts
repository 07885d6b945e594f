/**
 * Generated queries over generated series, ours against a real Prometheus 3, value by value.
 *
 *   sh scripts/node.sh test/breaking/promql-differential.ts [--queries 5000] [--seed N]
 */
import { parseArgs } from 'node:util';
import { report, runDifferential } from '../journeys/differential/differential.ts';

const { values: flags } = parseArgs({
  options: {
    queries: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
  },
});
const endings: (() => unknown)[] = [];
try {
  const compared = await runDifferential(
    { after: (fn) => endings.push(fn) },
    Number(flags.seed),
    Number(flags.queries),
  );
  const count = (is: (one: (typeof compared)[number]) => boolean) => compared.filter(is).length;
  process.stdout.write(report(compared));
  process.stdout.write(
    `seed ${flags.seed}: ${compared.length} queries, ${count(({ isEmpty }) => isEmpty)} of them without a result and ` +
      `${count(({ isError }) => isError)} with an error; ${count(({ difference }) => difference !== '')} differ; ` +
      `values that count as the same are at most ${Math.max(...compared.map(({ apart }) => apart)).toExponential(1)} apart\n`,
  );
  if (compared.some(({ difference }) => difference !== '')) process.exitCode = 1;
} finally {
  for (const end of endings.reverse()) await end();
}

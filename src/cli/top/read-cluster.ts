import { sum, sumOfSet } from './amounts.ts';
import { readNodes } from './read-nodes.ts';
import { groupFacts, groupUsage, limitsSet } from './row.ts';
import { type Query, readPods, type Source, unservedOf, type View } from './view.ts';

/** `taffrail top cluster` */
export async function readClusterView(source: Source, query: Query): Promise<View> {
  const [{ usages, facts: nodes }, { pods, notes }] = await Promise.all([
    readNodes(source, { labelSelector: query.labelSelector }),
    readPods(source, {}),
  ]);
  const names = new Set(nodes.map(({ name }) => name));
  const everywhere = query.labelSelector === undefined;
  const within = everywhere ? pods : pods.filter(({ facts }) => names.has(facts?.node ?? ''));
  const served = new Set(usages.map(({ name }) => name));
  const holding = within.filter(({ facts }) => facts?.holdsResources);
  const facts = groupFacts(within);
  const missing = nodes.filter(({ name }) => !served.has(name)).map(({ name }) => ({ name }));
  const usageOfNodes = sum(usages.map(({ usage }) => usage));
  return {
    level: 'cluster',
    rows: [],
    total: { name: '', usage: usageOfNodes, facts },
    unserved: [...missing, ...unservedOf(within)],
    notes,
    cluster: {
      nodes: { served: usages.length, known: nodes.length },
      pods: facts?.pods ?? { served: 0, expected: 0 },
      capacity: sumOfSet(nodes.map(({ capacity }) => capacity)),
      allocatable: sumOfSet(nodes.map(({ allocatable }) => allocatable)),
      usageOfNodes,
      usageOfPods: groupUsage(within),
      requests: sumOfSet(holding.map(({ facts }) => facts!.requests)),
      limits: limitsSet(within),
    },
  };
}

import { formatAge } from '../output/age.ts';
import { containerRows, type PodFigures, podRow } from './row.ts';
import { groupRow, type Query, readPods, type Source, sorted, unservedOf, type View } from './view.ts';

/** By then a pod has figures, or something is wrong; kubectl's figure. */
const figuresExpectedAfterMs = 120_000;

/** Thrown where pods run and none of them has figures, in kubectl's words. */
export class NoFiguresYet extends Error {
  readonly pod: PodFigures;

  constructor(message: string, pod: PodFigures) {
    super(message);
    this.pod = pod;
  }
}

/** `taffrail top pods` */
export async function readPodsView(source: Source, query: Query, nowMs: number): Promise<View> {
  const { pods, notes } = await readPods(source, query);
  const served = pods.filter(({ figures }) => figures);
  if (served.length === 0) refuseNoFigures(pods, nowMs);
  const byKey = new Map(served.map((pod) => [podRow(pod), pod]));
  const rows = sorted([...byKey.keys()], query.sortBy);
  return {
    level: 'pods',
    rows: query.containers ? rows.flatMap((row) => sorted(containerRows(byKey.get(row)!), query.sortBy)) : rows,
    total: groupRow({ name: '' }, served),
    unserved: unservedOf(pods),
    notes,
  };
}

function refuseNoFigures(pods: readonly PodFigures[], nowMs: number): void {
  const expected = pods.filter(({ facts }) => facts && !facts.hasEnded);
  const [first] = expected;
  if (!first) return;
  const old = expected.find(({ facts }) => nowMs - facts!.createdMs > figuresExpectedAfterMs);
  if (!old) throw new NoFiguresYet('metrics not available yet', first);
  const age = formatAge(nowMs - old.facts!.createdMs);
  throw new NoFiguresYet(`Metrics not available for pod ${old.namespace}/${old.name}, age: ${age}`, old);
}

import { listAll } from '../top/collection.ts';
import { explain } from '../top/explain.ts';
import { nodeUsages } from '../top/metrics-api.ts';
import { readPods, unservedOf } from '../top/view.ts';
import { broken, type Check, ok, type Result, warning } from './check.ts';
import type { Examination } from './examination.ts';

/** Two scrapes of metrics-server's slowest default. */
const startMs = 120_000;

/** There are figures of what runs. */
export const figuresCheck: Check<Examination> = {
  id: 'figures',
  title: 'figures',
  after: ['discovery'],
  async run(examination, signal) {
    const { client } = examination;
    const [nodes, usages, { pods }] = await Promise.all([
      listAll(client, '/api/v1/nodes', {}, ({ metadata }) => metadata.name, signal),
      nodeUsages(client, {}, signal),
      readPods({ client, signal }, {}),
    ]);
    const nowMs = examination.clock.nowMs();
    const unserved = unservedOf(pods);
    const isOld = new Set(
      pods
        .filter(({ facts }) => facts && nowMs - facts.createdMs > startMs)
        .map((pod) => `${pod.namespace}/${pod.name}`),
    );
    const late = unserved.filter(({ namespace, name }) => isOld.has(`${namespace}/${name}`));
    const served = pods.filter(({ figures }) => figures).length;
    const says = `${usages.length} of ${nodes.length} nodes and ${served} of ${served + unserved.length} running pods have figures`;
    const reasons = await explain(client, late.length > 0 ? late : unserved, signal);
    const details = reasons
      .filter(({ reason }) => reason !== undefined)
      .map(({ namespace, name, reason, message }) => `${namespace}/${name}: ${reason}: ${message}`);
    return judged(examination, says, details, {
      noNodes: usages.length === 0 && nodes.length > 0,
      missingNodes: usages.length < nodes.length,
      late: late.length,
      served,
    });
  },
};

interface Counts {
  noNodes: boolean;
  missingNodes: boolean;
  late: number;
  served: number;
}

function judged(examination: Examination, says: string, details: string[], counts: Counts): Result {
  const logs = [examination.kubectl('logs -n kube-system deployment/metrics-server')];
  if (counts.noNodes || (counts.late > 0 && counts.served === 0)) return broken(says, logs, details);
  if (counts.missingNodes || counts.late > 0) return warning(says, logs, details);
  return ok(says, details);
}

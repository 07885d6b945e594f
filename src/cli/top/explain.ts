import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import { askWhy } from './metrics-api.ts';
import type { Unserved } from './view.ts';

/** So many are asked about; of the others the count is said. */
const explainedMax = 5;

export interface Explained extends Unserved {
  /** Left out where the server does not say, or was not asked. */
  reason?: string;
  message?: string;
}

/** Why there are no figures of them, as the metrics server says it. */
export async function explain(
  client: KubernetesClient,
  unserved: readonly Unserved[],
  signal: AbortSignal | undefined,
): Promise<Explained[]> {
  const reasons = await Promise.all(
    unserved.slice(0, explainedMax).map(({ namespace, name }) => {
      const path =
        namespace === undefined
          ? `nodes/${encodeURIComponent(name)}`
          : `namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
      return askWhy(client, path, signal);
    }),
  );
  return unserved.map((each, i) => {
    const { reason, message } = reasons[i] ?? {};
    return { ...each, ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
  });
}

/** A line for nodes and one for pods; empty where there are none. */
export function explanation(explained: readonly Explained[]): string {
  const nodes = explained.filter(({ namespace }) => namespace === undefined);
  const pods = explained.filter(({ namespace }) => namespace !== undefined);
  return [sentence('node', nodes), sentence('pod', pods)].join('');
}

function sentence(kind: string, explained: readonly Explained[]): string {
  if (explained.length === 0) return '';
  const count = `${explained.length} ${kind}${explained.length === 1 ? ' has' : 's have'} no figures`;
  const named = explained.slice(0, explainedMax).map(({ namespace, name, reason, message }) => {
    const where = namespace === undefined ? name : `${namespace}/${name}`;
    return reason === undefined ? where : `${where} (${reason}: ${message})`;
  });
  const more = explained.length > explainedMax ? ` and ${explained.length - explainedMax} more` : '';
  return `${count}: ${named.join(', ')}${more}\n`;
}

import { Fault } from '../../base/fault.ts';
import type { KubeObject, KubernetesClient, RequestOptions } from '../../kubernetes/client/client.ts';

const pageObjectsMax = 500;
/** Twice what Kubernetes supports in one cluster. */
const objectsMax = 300_000;

interface Page {
  metadata?: { continue?: string };
  items?: KubeObject[] | null;
}

/** Every object of a collection, page by page, of each what `keep` keeps. Rejects as `request` does. */
export async function listAll<T>(
  client: KubernetesClient,
  path: string,
  query: RequestOptions['query'],
  keep: (object: KubeObject) => T,
  signal?: AbortSignal,
): Promise<T[]> {
  const kept: T[] = [];
  for (let next: string | undefined; ; ) {
    const options = { query: { ...query, limit: pageObjectsMax, continue: next }, ...(signal ? { signal } : {}) };
    const page: Page = await client.request<Page & KubeObject>(path, options);
    for (const item of page.items ?? []) kept.push(keep(item));
    if (kept.length > objectsMax) throw new Fault('overloaded', `${path} has more than ${objectsMax} objects`);
    next = page.metadata?.continue || undefined;
    if (next === undefined) return kept;
  }
}

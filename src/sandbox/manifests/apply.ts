import { Fault, messageOf } from '../../base/fault.ts';
import type { KubeObject, KubernetesClient } from '../../kubernetes/client/client.ts';
import { ApiError } from '../../kubernetes/client/status.ts';
import type { Manifest } from './manifests.ts';

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

/** Creates the objects, or brings existing ones to what the manifests say. Throws Fault `bad-manifest` that names the place. */
export async function applyManifests(client: KubernetesClient, manifests: readonly Manifest[]): Promise<KubeObject[]> {
  const resourcesOf = new Map<string, Promise<ApiResource[]>>();
  const applied: KubeObject[] = [];
  for (const manifest of manifests) {
    const { apiVersion = '', kind, metadata } = manifest.object;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    if (!resourcesOf.has(root)) {
      resourcesOf.set(
        root,
        client.request<{ resources: ApiResource[] }>(root).then(
          (list) => list.resources.filter((resource) => !resource.name.includes('/')),
          (error) => Promise.reject(named(error, manifest, 'apiVersion')),
        ),
      );
    }
    const resource = (await resourcesOf.get(root))?.find((candidate) => candidate.kind === kind);
    if (!resource)
      throw new Fault(
        'bad-manifest',
        `${manifest.where('kind')}${apiVersion} has no kind ${JSON.stringify(kind)} in the sandbox`,
      );
    const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? client.access.namespace}` : '';
    applied.push(await applyOne(client, `${root}${namespace}/${resource.name}`, manifest));
  }
  return applied;
}

async function applyOne(client: KubernetesClient, collection: string, manifest: Manifest): Promise<KubeObject> {
  const query = { fieldValidation: 'Strict', fieldManager: 'taffrail-up' };
  try {
    return await client.request(collection, { method: 'POST', query, body: manifest.object });
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw named(error, manifest);
  }
  try {
    return await client.request(`${collection}/${manifest.object.metadata.name}`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      query,
      body: manifest.object,
    });
  } catch (error) {
    throw named(error, manifest);
  }
}

/** Words a refusal with the manifest's file and line, of the first field that the API server complains about. */
function named(error: unknown, manifest: Manifest, fallbackField?: string): unknown {
  if (!(error instanceof ApiError)) return error;
  const causes = error.details?.causes as { field?: string }[] | undefined;
  const field = causes?.[0]?.field ?? /unknown field "([^"]+)"/.exec(error.message)?.[1] ?? fallbackField;
  return new Fault('bad-manifest', `${manifest.where(field)}${messageOf(error)}`, { cause: error });
}

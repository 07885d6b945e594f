import { Fault, messageOf } from '../../base/fault.ts';
import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import { ApiError } from '../../kubernetes/client/status.ts';
import type { Manifest } from './manifests.ts';

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

/**
 * Creates the objects, or brings existing ones to what the manifests say. Throws Fault `bad-manifest` that names the place.
 * Where an object exists and may not be changed so (a pod's command, say) it stays as it is, and `onKept` is told why.
 */
export async function applyManifests(
  client: KubernetesClient,
  manifests: readonly Manifest[],
  onKept: (fault: Fault) => void,
): Promise<void> {
  const resourcesOf = new Map<string, Promise<ApiResource[]>>();
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
    await applyOne(client, `${root}${namespace}/${resource.name}`, manifest, onKept);
  }
}

async function applyOne(
  client: KubernetesClient,
  collection: string,
  manifest: Manifest,
  onKept: (fault: Fault) => void,
): Promise<void> {
  const query = { fieldValidation: 'Strict', fieldManager: 'taffrail-up' };
  try {
    await client.request(collection, { method: 'POST', query, body: manifest.object });
    return;
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw named(error, manifest);
  }
  try {
    await client.request(`${collection}/${manifest.object.metadata.name}`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      query,
      body: manifest.object,
    });
  } catch (error) {
    const fault = named(error, manifest);
    if (!(fault instanceof Fault) || (error as ApiError).reason !== 'Invalid') throw fault;
    onKept(fault);
  }
}

/** How the API server names a field in what it says of a body that it cannot decode. */
const FIELD_IN_WORDS = /unknown field "([^"]+)"|: json: ([^\s:]+): /;

/** Words a refusal with the manifest's file and line, of the first field that the API server complains about. */
function named(error: unknown, manifest: Manifest, fallbackField?: string): unknown {
  if (!(error instanceof ApiError)) return error;
  const causes = error.details?.causes as { field?: string }[] | undefined;
  const field = causes?.[0]?.field ?? FIELD_IN_WORDS.exec(error.message)?.slice(1).find(Boolean) ?? fallbackField;
  return new Fault('bad-manifest', `${manifest.where(field)}${messageOf(error)}`, { cause: error });
}

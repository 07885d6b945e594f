import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import type { Claims } from './claims.ts';
import { controllerReference } from './owner.ts';

const strategicMerge = 'application/strategic-merge-patch+json';

/** Writes the owner references that the claims ask for; the uid guards against a namesake. */
export async function settleClaims(
  client: KubernetesClient,
  claims: Claims,
  owner: KubeObject,
  [apiVersion, kind]: readonly [string, string],
  pathOf: (object: KubeObject) => string,
): Promise<void> {
  const patch = async (object: KubeObject, reference: object) => {
    const metadata = { uid: object.metadata.uid, ownerReferences: [reference] };
    await client.request(pathOf(object), { method: 'PATCH', contentType: strategicMerge, body: { metadata } });
  };
  for (const object of claims.adopt) await patch(object, controllerReference(owner, apiVersion, kind));
  for (const object of claims.release) await patch(object, { $patch: 'delete', uid: owner.metadata.uid });
}

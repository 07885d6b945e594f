import type { KubernetesClient } from './client.ts';
import { isApiError } from './status.ts';

export interface DeletionOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
}

/** Deletes the object that has this uid. False where it has gone already, though another one may have its name. */
export async function deleteExactly(
  client: KubernetesClient,
  path: string,
  uid: string | undefined,
  options: DeletionOptions = {},
): Promise<boolean> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options, preconditions: { uid } };
  try {
    await client.request(path, { method: 'DELETE', body });
    return true;
  } catch (error) {
    if (isApiError(error, 404) || isApiError(error, 409)) return false;
    throw error;
  }
}

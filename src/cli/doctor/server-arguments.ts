import { ApiError } from '../../kubernetes/client/status.ts';
import type { Examination } from './examination.ts';

/** With what the Deployment starts the metrics server; nothing where there is none, or it may not be read. */
export async function serverArguments(examination: Examination): Promise<string[]> {
  try {
    const { namespace, name } = await examination.service();
    const deployment = await examination.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
    const containers: { command?: string[]; args?: string[] }[] = deployment?.spec?.template?.spec?.containers ?? [];
    return containers.flatMap(({ command = [], args = [] }) => [...command, ...args]);
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}

import { ApiError } from '../../kubernetes/client/status.ts';
import { broken, type Check, ok, type Result } from './check.ts';
import type { Examination } from './examination.ts';

const base = '/apis/metrics.k8s.io/v1beta1';

/** The API server reaches the metrics server, and both agree on who is asking. */
export const availableCheck: Check<Examination> = {
  id: 'available',
  title: 'aggregation',
  after: ['server-certificate', 'front-proxy', 'server-rights'],
  async run(examination) {
    const apiService = await examination.apiService();
    const conditions: { type: string; status: string; reason?: string; message?: string }[] =
      apiService?.status?.conditions ?? [];
    const available = conditions.find(({ type }) => type === 'Available');
    if (available?.status !== 'True') {
      const { reason = 'Unknown', message = 'nothing is said of it yet' } = available ?? {};
      return broken(`not available: ${reason}: ${message}`, await fixesOf(examination));
    }
    return (await refusal(examination)) ?? ok('the API server calls it available, and it answers');
  },
};

/** The condition is up to half a minute old: asked now, it may be otherwise. */
async function refusal(examination: Examination): Promise<Result | undefined> {
  try {
    const { resources = [] } = await examination.client.request(base, { timeoutMs: examination.requestTimeoutMs });
    const names: string[] = resources.map(({ name }: { name: string }) => name);
    if (names.includes('pods') && names.includes('nodes')) return undefined;
    return broken(`it serves ${names.join(', ') || 'nothing'}, not pods and nodes`, [examination.manifest()]);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const fixes = await fixesOf(examination);
    if (error.code === 401 || error.code === 403)
      return broken(`it does not take the API server's word on who you are (${error.code}): ${error.message}`, fixes);
    return broken(`called available, but the API server gets no answer: ${error.code} ${error.message}`, fixes);
  }
}

async function fixesOf(examination: Examination): Promise<string[]> {
  if (examination.isSandbox)
    return ['start the metrics server again: "taffrail up", or "taffrail metrics-server" where it runs by itself'];
  const { namespace, name } = await examination.service();
  return [
    examination.kubectl(`rollout restart deployment/${name} -n ${namespace}`),
    examination.kubectl(`logs -n ${namespace} deployment/${name}`),
    'hostNetwork: true in the pod, where API server and pods have no common network (EKS with a foreign CNI)',
  ];
}

interface Discovered {
  items?: { metadata: { name?: string }; versions: { version: string; freshness?: string }[] }[];
}

/** Clients find the group; with a stale one kubectl goes on with what it knows. */
export const discoveryCheck: Check<Examination> = {
  id: 'discovery',
  title: 'discovery',
  after: ['available'],
  async run(examination) {
    const { groups = [] } = await examination.client.request('/apis', { timeoutMs: examination.requestTimeoutMs });
    const listed: { name: string; versions: { version: string }[] }[] = groups;
    const group = listed.find(({ name }) => name === 'metrics.k8s.io');
    if (!group?.versions.some(({ version }) => version === 'v1beta1'))
      return broken('/apis does not list metrics.k8s.io/v1beta1', [examination.manifest()]);
    const aggregated = await aggregatedDiscovery(examination);
    const found = aggregated?.items?.find(({ metadata }) => metadata.name === 'metrics.k8s.io');
    const version = found?.versions.find(({ version }) => version === 'v1beta1');
    if (aggregated && version?.freshness !== 'Current')
      return broken(
        `aggregated discovery has metrics.k8s.io/v1beta1 ${version ? 'only as it was (Stale)' : 'not at all'}`,
        await fixesOf(examination),
      );
    return ok(`metrics.k8s.io/v1beta1 is listed${aggregated ? ', and current' : ''}`);
  },
};

/** Undefined from API servers that know no such thing. */
async function aggregatedDiscovery(examination: Examination): Promise<Discovered | undefined> {
  const answer = await examination.ask('/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  if (answer.status !== 200) return undefined;
  const list = JSON.parse(answer.body) as Discovered & { kind?: string };
  return list.kind === 'APIGroupDiscoveryList' ? list : undefined;
}

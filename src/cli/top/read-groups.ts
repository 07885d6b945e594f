import type { KubeObject } from '../../kubernetes/client/client.ts';
import { labelSelectorOf, matchesLabels } from '../../kubernetes/selector/selector.ts';
import { listAll } from './collection.ts';
import type { PodFigures, Row } from './row.ts';
import { groupRow, type Query, readPods, type Source, sorted, unservedOf, type View } from './view.ts';
import { workloadsOf } from './workloads.ts';

/** `taffrail top services`: a pod that several of them select counts in each, and once in the sum. */
export async function readServicesView(source: Source, query: Query): Promise<View> {
  const { namespace } = query;
  const [services, { pods, notes }] = await Promise.all([
    readServices(source, query),
    readPods(source, { namespace }, true),
  ]);
  const byNamespace = Map.groupBy(pods, (pod) => pod.namespace);
  const groups = services.map((service) => ({
    name: { namespace: service.namespace, name: service.name },
    pods: (byNamespace.get(service.namespace) ?? []).filter(
      ({ facts }) => facts && !facts.hasEnded && matchesLabels(service.selector, facts.labels),
    ),
  }));
  return viewOf('services', groups, notes, query);
}

/** `taffrail top workloads`: by the top of the owner chain. */
export async function readWorkloadsView(source: Source, query: Query): Promise<View> {
  const { pods, notes } = await readPods(source, query, true);
  const found = await workloadsOf(source, present(pods), query.namespace);
  const groups = found.workloads.map(({ namespace, name, pods }) => ({ name: { namespace, name }, pods }));
  const wanted = query.workload === undefined ? groups : groups.filter(({ name }) => name.name === query.workload);
  return viewOf('workloads', wanted, [...notes, ...found.notes], query);
}

/** `taffrail top namespaces` */
export async function readNamespacesView(source: Source, query: Query): Promise<View> {
  const { pods, notes } = await readPods(source, query);
  const groups = [...Map.groupBy(present(pods), (pod) => pod.namespace)].map(([name, pods]) => ({
    name: { name },
    pods,
  }));
  return viewOf('namespaces', groups, notes, query);
}

interface Group {
  name: { namespace?: string; name: string };
  pods: PodFigures[];
}

function viewOf(level: View['level'], groups: readonly Group[], notes: string[], query: Query): View {
  const each = [...new Set(groups.flatMap(({ pods }) => pods))];
  const rows: Row[] = groups.map(({ name, pods }) => groupRow(name, pods));
  return {
    level,
    rows: sorted(rows, query.sortBy),
    total: groupRow({ name: '' }, each),
    unserved: unservedOf(each),
    notes,
  };
}

/** Pods that have ended hold and use nothing; with them, every job that ever ran would have a line. */
const present = (pods: readonly PodFigures[]) => pods.filter(({ figures, facts }) => figures || !facts?.hasEnded);

/** Those that select pods; the API has no selector for their selectors, so a name and labels select services here. */
async function readServices({ client, signal }: Source, { namespace, labelSelector, service }: Query) {
  const path = namespace === undefined ? '/api/v1/services' : `/api/v1/namespaces/${namespace}/services`;
  const fieldSelector = service === undefined ? undefined : `metadata.name=${service}`;
  const services = await listAll(client, path, { labelSelector, fieldSelector }, serviceOf, signal);
  return services.filter(({ selector }) => selector.length > 0);
}

function serviceOf({ metadata, spec }: KubeObject) {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    selector: labelSelectorOf({ matchLabels: spec?.selector ?? {} })!,
  };
}

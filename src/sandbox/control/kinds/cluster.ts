import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind } from './kind.ts';

export const namespaces = defineKind({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  naming: 'label',
  hasStatus: true,
  deleteAnswersObject: true,
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  columns: [
    nameColumn,
    column('Status', 'string', 'Active, or Terminating.', (namespace) => namespace.status?.phase ?? ''),
    ageColumn,
  ],
  selectable: { 'status.phase': (namespace) => namespace.status?.phase ?? '' },
  prepare(namespace) {
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      'kubernetes.io/metadata.name': namespace.metadata.name,
    };
    namespace.spec = { finalizers: ['kubernetes'] };
    namespace.status = { phase: 'Active' };
  },
  prepareUpdate(next, previous) {
    next.spec = previous.spec;
    next.metadata.labels = { ...next.metadata.labels, 'kubernetes.io/metadata.name': next.metadata.name };
  },
});

const rolePrefix = 'node-role.kubernetes.io/';

export const nodes = defineKind({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  subresources: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: ['get'] }],
  columns: [
    nameColumn,
    column('Status', 'string', 'Whether it can run pods.', statusOf),
    column('Roles', 'string', 'From its role labels.', rolesOf),
    ageColumn,
    column('Version', 'string', 'Of its kubelet.', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
    column('Internal-IP', 'string', 'Its address in the cluster.', addressOf('InternalIP'), 1),
    column('External-IP', 'string', 'Its address outside.', addressOf('ExternalIP'), 1),
    column('OS-Image', 'string', 'Its operating system.', infoOf('osImage'), 1),
    column('Kernel-Version', 'string', 'Its kernel.', infoOf('kernelVersion'), 1),
    column('Container-Runtime', 'string', 'What runs its containers.', infoOf('containerRuntimeVersion'), 1),
  ],
  selectable: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
});

function statusOf(node: KubeObject): string {
  const conditions: { type: string; status: string }[] = node.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

function rolesOf(node: KubeObject): string {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([label, value]) => {
    if (label.startsWith(rolePrefix)) return [label.slice(rolePrefix.length)];
    return label === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.filter(Boolean).sort().join(',') || '<none>';
}

function addressOf(wanted: string) {
  return (node: KubeObject): string => {
    const addresses: { type: string; address: string }[] = node.status?.addresses ?? [];
    return addresses.find(({ type }) => type === wanted)?.address ?? '<none>';
  };
}

function infoOf(field: string) {
  return (node: KubeObject): string => node.status?.nodeInfo?.[field] || '<unknown>';
}

export const leases = defineKind({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  columns: [
    nameColumn,
    column('Holder', 'string', 'Who holds it.', (lease) => lease.spec?.holderIdentity ?? ''),
    ageColumn,
  ],
});

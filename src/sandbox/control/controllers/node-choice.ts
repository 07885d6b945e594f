/** Which node a pod goes to; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { quantityNanos } from '../../../kubernetes/schema/quantity.ts';
import { type LabelRequirement, matchesLabels } from '../../../kubernetes/selector/selector.ts';

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

interface SelectorTerm {
  matchExpressions?: LabelRequirement[];
  matchFields?: LabelRequirement[];
}

export type Choice = { node: KubeObject } | { message: string };

/** Resources that are counted; others (GPUs, huge pages) are taken as there. */
const COUNTED = ['cpu', 'memory'] as const;

/** `pods` are those of all nodes. Among the nodes that fit, the one with the fewest pods is chosen. */
export function chooseNode(pod: KubeObject, nodes: readonly KubeObject[], pods: readonly KubeObject[]): Choice {
  const reasons = new Map<string, number>();
  let best: { node: KubeObject; count: number } | undefined;
  for (const node of nodes) {
    const there = pods.filter((other) => other.spec?.nodeName === node.metadata.name && !isFinished(other));
    const reason = refusal(pod, node, there);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    else if (!best || there.length < best.count) best = { node, count: there.length };
  }
  if (best) return { node: best.node };
  if (nodes.length === 0) return { message: 'no nodes available to schedule pods' };
  const told = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return { message: `0/${nodes.length} nodes are available: ${told.join(', ')}.` };
}

/** Why the node does not take the pod, in the words of the Kubernetes scheduler; undefined when it does. */
function refusal(pod: KubeObject, node: KubeObject, there: readonly KubeObject[]): string | undefined {
  const taints: Taint[] = node.spec?.taints ?? [];
  const tolerations: Toleration[] = pod.spec?.tolerations ?? [];
  const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable && !tolerations.some((toleration) => tolerates(toleration, unschedulable))) {
    return 'node(s) were unschedulable';
  }
  if (!isReady(node)) return 'node(s) were not ready';
  const inTheWay = taints.find(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  if (inTheWay) return `node(s) had untolerated taint {${inTheWay.key}: ${inTheWay.value ?? ''}}`;
  if (!isSelected(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  return lackOf(pod, node, there);
}

function isReady(node: KubeObject): boolean {
  const conditions: { type: string; status: string }[] = node.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '');
}

function isSelected(pod: KubeObject, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const wanted = Object.entries((pod.spec?.nodeSelector ?? {}) as Record<string, string>);
  if (!wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return (required.nodeSelectorTerms as SelectorTerm[]).some((term) => matchesTerm(term, node));
}

/** An empty term matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: SelectorTerm, node: KubeObject): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const byLabels = matchExpressions.map((requirement) => ({ ...requirement, values: requirement.values ?? [] }));
  const byFields = matchFields.map((requirement) => ({ ...requirement, values: requirement.values ?? [] }));
  return (
    matchesLabels(byLabels, node.metadata.labels) && matchesLabels(byFields, { 'metadata.name': node.metadata.name })
  );
}

function lackOf(pod: KubeObject, node: KubeObject, there: readonly KubeObject[]): string | undefined {
  const allocatable: Record<string, string> = node.status?.allocatable ?? {};
  const slots = allocatable.pods;
  if (slots !== undefined && BigInt(there.length) * 1_000_000_000n >= (quantityNanos(slots) ?? 0n))
    return 'Too many pods';
  for (const resource of COUNTED) {
    const has = allocatable[resource];
    if (has === undefined) continue;
    const wanted = requestOf(pod, resource);
    const taken = there.reduce((sum, other) => sum + requestOf(other, resource), 0n);
    if (wanted > 0n && taken + wanted > (quantityNanos(has) ?? 0n)) return `Insufficient ${resource}`;
  }
  return undefined;
}

/** The sum of the containers, or the largest init container where that is more. */
function requestOf(pod: KubeObject, resource: string): bigint {
  const amounts = (field: string) =>
    ((pod.spec?.[field] ?? []) as KubeObject[]).map(
      (container) => quantityNanos(String(container.resources?.requests?.[resource] ?? '0')) ?? 0n,
    );
  let most = amounts('containers').reduce((total, amount) => total + amount, 0n);
  for (const amount of amounts('initContainers')) if (amount > most) most = amount;
  return most;
}

function isFinished(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue, notAllowed, required } from './kind.ts';
import { podCells } from './pod-cells.ts';

/** spec.activeDeadlineSeconds, images and tolerations are all of a pod's spec that an update may change. */
const fixedSpec =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const none = (value: string | undefined) => value || '<none>';

export const pods = defineKind({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  hasStatus: true,
  deleteAnswersObject: true,
  subresources: [
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  ],
  columns: [
    nameColumn,
    column('Ready', 'string', 'Ready containers of all.', (pod, nowMs) => podCells(pod, nowMs).ready),
    column('Status', 'string', 'What the pod is doing, in a word.', (pod, nowMs) => podCells(pod, nowMs).status),
    column(
      'Restarts',
      'string',
      'How often its containers were restarted.',
      (pod, nowMs) => podCells(pod, nowMs).restarts,
    ),
    ageColumn,
    column('IP', 'string', 'Address of the pod.', (pod) => none(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP), 1),
    column('Node', 'string', 'Where it runs.', (pod) => none(pod.spec?.nodeName), 1),
    column('Nominated Node', 'string', 'Where it will run.', (pod) => none(pod.status?.nominatedNodeName), 1),
    column('Readiness Gates', 'string', 'Further conditions of readiness.', readinessGates, 1),
  ],
  selectable: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  prepare(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod) };
    pod.spec.serviceAccountName ??= 'default';
    pod.spec.serviceAccount ??= pod.spec.serviceAccountName;
    pod.spec.enableServiceLinks ??= true;
    pod.spec.priority ??= 0;
    pod.spec.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: validatePod,
  validateUpdate(next, previous) {
    return isDeepStrictEqual(fixedPartOf(next), fixedPartOf(previous)) ? [] : [notAllowed('spec', fixedSpec)];
  },
  graceSeconds(pod, asked) {
    if (!pod.spec?.nodeName || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0;
    const seconds = asked ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
});

/** A pod, or the template of one below `path`. */
export function validatePod(pod: KubeObject, path = 'spec'): FieldError[] {
  const errors: FieldError[] = [];
  const containers: KubeObject[] = pod.spec?.containers ?? [];
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  const names = new Set<string>();
  const checkNames = (list: { name?: string }[], field: string) =>
    list.forEach(({ name }, index) => {
      const at = `${path}.${field}[${index}].name`;
      if (!name) errors.push(required(at));
      else if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
        errors.push(
          invalidValue(
            at,
            name,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
          ),
        );
      else if (names.has(name))
        errors.push({ field: at, reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"` });
      if (name) names.add(name);
    });
  checkNames(pod.spec?.initContainers ?? [], 'initContainers');
  checkNames(pod.spec?.containers ?? [], 'containers');
  return [...errors, ...validateMounts(pod, path)];
}

function validateMounts(pod: KubeObject, path: string): FieldError[] {
  const volumes = new Set((pod.spec?.volumes ?? []).map(({ name }: { name: string }) => name));
  return ['initContainers', 'containers'].flatMap((field) =>
    ((pod.spec?.[field] ?? []) as KubeObject[]).flatMap((container, index) =>
      ((container.volumeMounts ?? []) as { name: string }[]).flatMap(({ name }, mount) =>
        volumes.has(name)
          ? []
          : [
              {
                field: `${path}.${field}[${index}].volumeMounts[${mount}].name`,
                reason: 'FieldValueNotFound',
                message: `Not found: "${name}"`,
              },
            ],
      ),
    ),
  );
}

function fixedPartOf({ spec }: KubeObject): unknown {
  const {
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    terminationGracePeriodSeconds: _grace,
    ...rest
  } = spec ?? {};
  const withoutImages = (containers: Record<string, unknown>[] = []) =>
    containers.map(({ image: _image, ...container }) => container);
  return {
    ...rest,
    containers: withoutImages(rest.containers),
    initContainers: withoutImages(rest.initContainers),
    // Bound by the binding subresource only; scheduling gates are not kept here.
    nodeName: spec?.nodeName ?? '',
  };
}

function readinessGates(pod: KubeObject): string {
  const gates: { conditionType: string }[] = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const conditions: { type: string; status: string }[] = pod.status?.conditions ?? [];
  const held = gates.filter(({ conditionType }) =>
    conditions.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  return `${held.length}/${gates.length}`;
}

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };

/** From the requests and limits of cpu and memory of every container. */
function qosClassOf(pod: KubeObject): 'BestEffort' | 'Guaranteed' | 'Burstable' {
  const containers: { resources?: Resources }[] = [
    ...(pod.spec?.initContainers ?? []),
    ...(pod.spec?.containers ?? []),
  ];
  const names = ['cpu', 'memory'] as const;
  const all = containers.map(({ resources }) => resources ?? {});
  if (all.every((each) => names.every((name) => !each.requests?.[name] && !each.limits?.[name]))) return 'BestEffort';
  const full = all.every((each) =>
    names.every((name) => each.limits?.[name] && (each.requests?.[name] ?? each.limits[name]) === each.limits[name]),
  );
  return full ? 'Guaranteed' : 'Burstable';
}

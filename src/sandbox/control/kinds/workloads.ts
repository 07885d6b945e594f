import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { labelSelectorOf, matchesLabels, printLabelSelector } from '../../../kubernetes/selector/selector.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue, required, statusVerbs } from './kind.ts';
import { validatePod } from './pods.ts';

const templateContainers = (object: KubeObject): { name: string; image: string }[] =>
  object.spec?.template?.spec?.containers ?? [];

const wideColumns = [
  column(
    'Containers',
    'string',
    'Names of the containers.',
    (object) =>
      templateContainers(object)
        .map(({ name }) => name)
        .join(','),
    1,
  ),
  column(
    'Images',
    'string',
    'Images of the containers.',
    (object) =>
      templateContainers(object)
        .map(({ image }) => image)
        .join(','),
    1,
  ),
  column(
    'Selector',
    'string',
    'Labels of the pods.',
    (object) => printLabelSelector(labelSelectorOf(object.spec?.selector) ?? []),
    1,
  ),
];

const scale = { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: statusVerbs };
const count = (value: number | undefined) => value ?? 0;

export const deployments = defineKind({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  hasStatus: true,
  generation: true,
  subresources: [scale],
  columns: [
    nameColumn,
    column(
      'Ready',
      'string',
      'Ready pods of all that are wanted.',
      ({ spec, status }) => `${count(status?.readyReplicas)}/${count(spec?.replicas)}`,
    ),
    column('Up-to-date', 'string', 'Pods of the present template.', ({ status }) => count(status?.updatedReplicas)),
    column('Available', 'string', 'Pods that are ready for long enough.', ({ status }) =>
      count(status?.availableReplicas),
    ),
    ageColumn,
    ...wideColumns,
  ],
  prepare: (deployment) => {
    deployment.status = {};
  },
  validate: validateWorkload,
  validateUpdate: selectorIsFixed,
});

export const replicaSets = defineKind({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  hasStatus: true,
  generation: true,
  subresources: [scale],
  columns: [
    nameColumn,
    column('Desired', 'integer', 'Pods that are wanted.', ({ spec }) => count(spec?.replicas)),
    column('Current', 'integer', 'Pods that are there.', ({ status }) => count(status?.replicas)),
    column('Ready', 'integer', 'Pods that are ready.', ({ status }) => count(status?.readyReplicas)),
    ageColumn,
    ...wideColumns,
  ],
  selectable: { 'status.replicas': ({ status }) => String(count(status?.replicas)) },
  prepare: (replicaSet) => {
    replicaSet.status = { replicas: 0 };
  },
  validate: validateWorkload,
  validateUpdate: selectorIsFixed,
});

function validateWorkload(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { selector, template, replicas } = object.spec ?? {};
  if (typeof replicas === 'number' && replicas < 0)
    errors.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'));
  const requirements = labelSelectorOf(selector);
  if (!requirements) errors.push(required('spec.selector'));
  else if (requirements.length === 0)
    errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  else if (!matchesLabels(requirements, template?.metadata?.labels))
    errors.push(
      invalidValue(
        'spec.template.metadata.labels',
        template?.metadata?.labels ?? {},
        '`selector` does not match template `labels`',
      ),
    );
  const policy = template?.spec?.restartPolicy;
  if (policy && policy !== 'Always')
    errors.push({
      field: 'spec.template.spec.restartPolicy',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: "${policy}": supported values: "Always"`,
    });
  return [...errors, ...validatePod(template ?? {}, 'spec.template.spec')];
}

function selectorIsFixed(next: KubeObject, previous: KubeObject): FieldError[] {
  if (isDeepStrictEqual(next.spec?.selector, previous.spec?.selector)) return [];
  return [invalidValue('spec.selector', next.spec?.selector ?? null, 'field is immutable')];
}

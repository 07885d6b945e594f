import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import { ageColumn, nameColumn } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind, invalidValue, type Kind, type KindInput, required } from './kind.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

const createdColumn = column(
  'Created At',
  'string',
  'When it was created.',
  ({ metadata }) => metadata.creationTimestamp!,
);

export const roles = roleKind({ kind: 'Role', plural: 'roles', validate: (role) => validateRules(role, true) });

export const clusterRoles = roleKind({
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  validate(role) {
    const errors = validateRules(role, false);
    if (role.aggregationRule && !role.aggregationRule.clusterRoleSelectors?.length)
      errors.push(
        required(
          'aggregationRule.clusterRoleSelectors',
          'at least one clusterRoleSelector required if aggregationRule is non-nil',
        ),
      );
    return errors;
  },
});

export const roleBindings = bindingKind({ kind: 'RoleBinding', plural: 'rolebindings' }, ['Role', 'ClusterRole']);
export const clusterRoleBindings = bindingKind(
  { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', namespaced: false },
  ['ClusterRole'],
);

function roleKind(input: Pick<KindInput, 'kind' | 'plural' | 'namespaced' | 'validate'>): Kind {
  return defineKind({ ...input, group: rbacGroup, naming: 'path-segment', columns: [nameColumn, createdColumn] });
}

function bindingKind(input: Pick<KindInput, 'kind' | 'plural' | 'namespaced'>, roleKinds: readonly string[]): Kind {
  return defineKind({
    ...input,
    group: rbacGroup,
    naming: 'path-segment',
    columns: [
      nameColumn,
      column(
        'Role',
        'string',
        'Which role it gives.',
        ({ roleRef = {} }) => `${roleRef.kind ?? ''}/${roleRef.name ?? ''}`,
      ),
      ageColumn,
      column('Users', 'string', 'Users who have it.', (binding) => subjectsOf(binding, 'User'), 1),
      column('Groups', 'string', 'Groups that have it.', (binding) => subjectsOf(binding, 'Group'), 1),
      column(
        'ServiceAccounts',
        'string',
        'Accounts that have it.',
        (binding) => subjectsOf(binding, 'ServiceAccount'),
        1,
      ),
    ],
    validate: (binding) => [...validateRoleRef(binding, roleKinds), ...validateSubjects(binding)],
    validateUpdate: (next, previous) =>
      isDeepStrictEqual({ ...next.roleRef }, { ...previous.roleRef })
        ? []
        : [invalidValue('roleRef', next.roleRef, 'cannot change roleRef')],
  });
}

function subjectsOf({ subjects = [] }: KubeObject, kind: string): string {
  return (subjects as Subject[])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (namespace ? `${namespace}/${name}` : name))
    .join(', ');
}

function validateRules({ rules }: KubeObject, namespaced: boolean): FieldError[] {
  const all: Record<string, string[] | undefined>[] = rules ?? [];
  return all.flatMap((rule, index) => validateRule(rule, `rules[${index}]`, namespaced));
}

function validateRule(rule: Record<string, string[] | undefined>, path: string, namespaced: boolean): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors: FieldError[] = [];
  if (verbs.length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const wrong = (why: string) => errors.push(invalidValue(`${path}.nonResourceURLs`, nonResourceURLs, why));
    if (namespaced) wrong('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0)
      wrong('rules cannot apply to both regular resources and non-resource URLs');
    return errors;
  }
  if (apiGroups.length === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

function unsupported(field: string, value: unknown, allowed: readonly string[]): FieldError {
  const supported = [...allowed].sort().map((each) => JSON.stringify(each));
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.join(', ')}`,
  };
}

function validateRoleRef({ roleRef }: KubeObject, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== rbacGroup) errors.push(unsupported('roleRef.apiGroup', roleRef.apiGroup, [rbacGroup]));
  if (!kinds.includes(roleRef.kind)) errors.push(unsupported('roleRef.kind', roleRef.kind, kinds));
  if (!roleRef.name) errors.push(required('roleRef.name'));
  return errors;
}

function validateSubjects({ subjects = [] }: KubeObject): FieldError[] {
  return (subjects as Subject[]).flatMap((subject, index) => {
    const { kind, apiGroup = '', name, namespace } = subject;
    const path = `subjects[${index}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${path}.name`));
    if (kind === 'ServiceAccount') {
      if (apiGroup !== '') errors.push(unsupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespace) errors.push(required(`${path}.namespace`));
    } else if (kind === 'User' || kind === 'Group') {
      if (apiGroup !== rbacGroup) errors.push(unsupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
    } else errors.push(unsupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
    return errors;
  });
}

import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { forbidden, notFound, type RequestAttributes, type UserInfo } from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { clusterRoles, rbacGroup, roles } from '../kinds/rbac.ts';
import { mastersGroup, type RbacAuthorizer } from './authorizer.ts';
import { missingRules, type PolicyRule, printRule } from './rules.ts';

/**
 * Nobody can give, to others or to themselves, what they do not have: neither by a role's rules nor by binding a role.
 * The verbs `escalate` (on roles) and `bind` (on the role that is bound) are the ways around. Throws 403.
 */
export function refuseEscalation(
  authorizer: RbacAuthorizer,
  user: UserInfo,
  kind: Kind,
  namespace: string,
  next: KubeObject,
  previous: KubeObject | undefined,
): void {
  if (kind.info.group !== rbacGroup || user.groups.includes(mastersGroup)) return;
  const { name } = next.metadata;
  const may = (verb: string, plural: string, wanted: string) =>
    authorizer.authorize(user, attributes(verb, plural, namespace, wanted)).allowed;
  if (kind === roles || kind === clusterRoles) {
    if (may('escalate', kind.info.plural, name ?? '')) return;
    const unchanged = previous && JSON.stringify(previous.rules ?? []) === JSON.stringify(next.rules ?? []);
    if (!unchanged) requireHeld(authorizer, user, kind, namespace, name, next.rules ?? []);
    // Whoever writes the selectors of an aggregating role decides on all its rules to come.
    const selectors = JSON.stringify(next.aggregationRule ?? null);
    if (next.aggregationRule && selectors !== JSON.stringify(previous?.aggregationRule ?? null))
      requireHeld(authorizer, user, kind, namespace, name, [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]);
    return;
  }
  const { roleRef } = next;
  const referred = roleRef?.kind === 'Role' ? roles : clusterRoles;
  if (may('bind', referred.info.plural, roleRef?.name ?? '')) return;
  const rules = authorizer.index.rulesOf(roleRef?.kind, namespace, roleRef?.name);
  if (!rules) throw notFound(referred.info, roleRef?.name ?? '');
  requireHeld(authorizer, user, kind, namespace, name, rules);
}

function requireHeld(
  authorizer: RbacAuthorizer,
  user: UserInfo,
  kind: Kind,
  namespace: string,
  name: string,
  rules: readonly PolicyRule[],
): void {
  const missing = missingRules(authorizer.rulesFor(user, namespace), rules);
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const listed = [...new Set(missing.map(printRule))].sort().join('\n');
  throw forbidden(
    kind.info,
    name ?? '',
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${listed}`,
  );
}

function attributes(verb: string, plural: string, namespace: string, name: string): RequestAttributes {
  return { verb, group: rbacGroup, version: 'v1', plural, subresource: '', namespace, name };
}

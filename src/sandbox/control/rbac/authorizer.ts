import type { Decision, RequestAttributes, UserInfo } from '../../../kubernetes/serve/serve.ts';
import type { RuleIndex } from './rule-index.ts';
import { allows, type PolicyRule } from './rules.ts';

/** May do everything, whatever roles there are: the way back in for who has locked everybody out. */
export const mastersGroup = 'system:masters';
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Who may do what, from roles and their bindings alone. */
export class RbacAuthorizer {
  readonly index: RuleIndex;

  constructor(index: RuleIndex) {
    this.index = index;
  }

  authorize(user: UserInfo, attributes: RequestAttributes): Decision {
    if (user.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
    const missing: string[] = [];
    for (const grant of this.index.grantsOf(user, attributes.namespace)) {
      if (grant.missing) missing.push(grant.missing);
      if (grant.rules.some((rule) => allows(rule, attributes)))
        return { allowed: true, reason: `RBAC: allowed by ${grant.source}` };
    }
    const [first] = missing;
    if (first === undefined) return { allowed: false, reason: '' };
    return { allowed: false, reason: `RBAC: ${missing.length === 1 ? first : `[${missing.join(', ')}]`}` };
  }

  /** All that a user may do in a namespace; with an empty one, in the whole cluster. */
  rulesFor(user: UserInfo, namespace: string): PolicyRule[] {
    const granted = [...this.index.grantsOf(user, namespace)].flatMap(({ rules }) => rules);
    return user.groups.includes(mastersGroup) ? [...everything, ...granted] : granted;
  }
}

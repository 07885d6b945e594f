import { isDeepStrictEqual } from 'node:util';
import { labelSelectorOf, matchesLabels } from '../../../kubernetes/selector/selector.ts';
import { clusterRoles } from '../kinds/rbac.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { PolicyRule } from './rules.ts';

/** A role may collect roles that collect roles; what goes in a circle comes to rest sooner. */
const roundsMax = 10;

/** Keeps the rules of roles that collect those of others: now, and after every change of a role. */
export function aggregateRoles(store: ObjectStore): void {
  collect(store);
  let waiting = false;
  store.window(clusterRoles.stored).subscribe(() => {
    if (waiting) return;
    waiting = true;
    // Not within the notice of the change: others have to hear of that one first.
    queueMicrotask(() => {
      waiting = false;
      if (store.isOpen) collect(store);
    });
  });
}

function collect(store: ObjectStore): void {
  for (let round = 0; round < roundsMax; round++) {
    const all = [...store.scan(clusterRoles.stored, '')];
    let changed = false;
    for (const role of all) {
      if (!role.aggregationRule) continue;
      const selectors = (role.aggregationRule.clusterRoleSelectors ?? []).map(labelSelectorOf);
      const rules: PolicyRule[] = [];
      for (const other of all) {
        if (other.metadata.name === role.metadata.name) continue;
        if (
          !selectors.some(
            (selector: ReturnType<typeof labelSelectorOf>) =>
              selector && matchesLabels(selector, other.metadata.labels),
          )
        )
          continue;
        for (const rule of (other.rules ?? []) as PolicyRule[])
          if (!rules.some((known) => isDeepStrictEqual(known, rule))) rules.push(rule);
      }
      if (isDeepStrictEqual(rules, role.rules ?? [])) continue;
      store.write(clusterRoles.stored, { ...role, rules }, role);
      changed = true;
    }
    if (!changed) return;
  }
}

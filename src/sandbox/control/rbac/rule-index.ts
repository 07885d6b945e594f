import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { UserInfo } from '../../../kubernetes/serve/serve.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../kinds/rbac.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { PolicyRule } from './rules.ts';

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

/** A role as somebody has it, and through what. */
export interface Grant {
  rules: readonly PolicyRule[];
  /** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"` */
  source: string;
  /** The role that the binding names and that is not there. */
  missing: string | undefined;
}

interface Snapshot {
  rules: Map<string, readonly PolicyRule[]>;
  clusterWide: KubeObject[];
  byNamespace: Map<string, KubeObject[]>;
}

/**
 * Roles and bindings, ready to be asked. Invariant: what is answered is the state of the store after its last write;
 * a change only marks the snapshot as old, and the next question reads it anew.
 */
export class RuleIndex {
  readonly #store: ObjectStore;
  #snapshot: Snapshot | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
    for (const { stored } of [roles, clusterRoles, roleBindings, clusterRoleBindings])
      store.window(stored).subscribe(() => {
        this.#snapshot = undefined;
      });
  }

  /** What a user has in the whole cluster and, where one is named, in the namespace. */
  *grantsOf(user: UserInfo, namespace: string): Generator<Grant> {
    this.#snapshot ??= this.#read();
    const { clusterWide, byNamespace } = this.#snapshot;
    for (const binding of clusterWide) yield* this.#grantOf(binding, user);
    if (namespace === '') return;
    for (const binding of byNamespace.get(namespace) ?? []) yield* this.#grantOf(binding, user);
  }

  /** Undefined where there is no such role. */
  rulesOf(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    this.#snapshot ??= this.#read();
    return this.#snapshot.rules.get(kind === 'ClusterRole' ? `/${name}` : `${namespace}/${name}`);
  }

  *#grantOf({ kind, metadata, subjects, roleRef }: KubeObject, user: UserInfo): Generator<Grant> {
    const subject = (subjects as Subject[] | undefined)?.find((each) => isSubject(each, user));
    if (!subject) return;
    const namespace = metadata.namespace ?? '';
    const rules = this.rulesOf(roleRef.kind, namespace, roleRef.name);
    const { name } = metadata;
    const binding = namespace === '' ? name : `${name}/${namespace}`;
    const who = subject.namespace ? `${subject.name}/${subject.namespace}` : subject.name;
    const source = `${kind} ${JSON.stringify(binding)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(who)}`;
    const missing = `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`;
    yield { rules: rules ?? [], source, missing: rules ? undefined : missing };
  }

  #read(): Snapshot {
    const rules = new Map<string, readonly PolicyRule[]>();
    for (const { stored } of [roles, clusterRoles])
      for (const role of this.#store.scan(stored, ''))
        rules.set(`${role.metadata.namespace ?? ''}/${role.metadata.name}`, role.rules ?? []);
    const clusterWide = [...this.#store.scan(clusterRoleBindings.stored, '')];
    const byNamespace = new Map<string, KubeObject[]>();
    for (const binding of this.#store.scan(roleBindings.stored, '')) {
      const { namespace = '' } = binding.metadata;
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), binding]);
    }
    return { rules, clusterWide, byNamespace };
  }
}

function isSubject({ kind, name, namespace }: Subject, user: UserInfo): boolean {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  return kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace}:${name}`;
}

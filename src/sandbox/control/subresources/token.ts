import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { invalid, type SubresourceBacking, type Target } from '../../../kubernetes/serve/serve.ts';
import { invalidValue, type Kind } from '../kinds/kind.ts';
import { pods } from '../kinds/pods.ts';
import { decoded } from '../registry/admit-object.ts';
import { type Registry, requireUnchanged, stored, timestamp } from '../registry/registry.ts';
import { apiAudience, type ServiceTokens, type TokenSubject } from '../service-tokens.ts';

const lifetimeSecondsMin = 600;
const lifetimeSecondsMax = 365 * 86_400;
const lifetimeSeconds = 3600;

const tokenRequest = {
  info: {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'TokenRequest',
    plural: 'serviceaccounts/token',
    singular: '',
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: [],
    subresources: [],
  },
};

/** Makes a token of a service account, for some audiences and for some time, perhaps bound to a pod. */
export function tokenOf(registry: Registry, accounts: Kind, tokens: ServiceTokens): SubresourceBacking {
  return {
    create: async (request, target, sent, options) => {
      const account = stored(registry, accounts, target);
      const asked = decoded(registry, tokenRequest, request, sent, options);
      const { audiences = [], expirationSeconds = lifetimeSeconds, boundObjectRef } = asked.spec ?? {};
      checkLifetime(target, expirationSeconds);
      const subject: TokenSubject = {
        ...target,
        uid: account.metadata.uid!,
        ...bound(registry, target, boundObjectRef),
      };
      const status = {
        token: tokens.issue(subject, audiences, expirationSeconds),
        expirationTimestamp: timestamp(registry.nowMs() + expirationSeconds * 1000),
      };
      const spec = { ...asked.spec, audiences: audiences.length > 0 ? audiences : [apiAudience], expirationSeconds };
      return { code: 201, object: { ...asked, metadata: { ...target }, spec, status } };
    },
  };
}

function checkLifetime({ name }: Target, seconds: number): void {
  const why =
    seconds < lifetimeSecondsMin
      ? 'may not specify a duration less than 10 minutes'
      : seconds > lifetimeSecondsMax
        ? 'may not specify a duration of more than a year'
        : undefined;
  if (why)
    throw invalid('authentication.k8s.io', 'TokenRequest', name, [
      invalidValue('spec.expirationSeconds', seconds, why),
    ]);
}

function bound(
  registry: Registry,
  { namespace, name }: Target,
  reference: KubeObject | undefined,
): Partial<TokenSubject> {
  if (!reference) return {};
  if (reference.kind !== 'Pod')
    throw invalid('authentication.k8s.io', 'TokenRequest', name, [
      invalidValue('spec.boundObjectRef.kind', reference.kind ?? '', 'tokens can be bound to pods only'),
    ]);
  const pod = stored(registry, pods, { namespace, name: String(reference.name ?? '') });
  requireUnchanged(pods, pod, { uid: reference.uid });
  const bound = { pod: { name: pod.metadata.name, uid: pod.metadata.uid! } };
  const node = registry.store.read('/nodes', { namespace: '', name: pod.spec?.nodeName ?? '' });
  return node ? { ...bound, node: { name: node.metadata.name, uid: node.metadata.uid! } } : bound;
}

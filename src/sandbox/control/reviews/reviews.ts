import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type ApiRequest, badRequest, type Resource, type UserInfo } from '../../../kubernetes/serve/serve.ts';
import { authorize, rulesOf } from './policy.ts';

type Answer = (request: ApiRequest, spec: KubeObject) => object | Promise<object>;

/** Questions that are posted and answered in `status`, and kept nowhere. */
function review(group: string, kind: string, answer: Answer): Resource {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    info: {
      group,
      version: 'v1',
      kind,
      plural,
      singular,
      shortNames: [],
      categories: [],
      namespaced: false,
      verbs: ['create'],
      subresources: [],
    },
    columns: [],
    backing: {
      create: async (request, _, object) => ({ ...object, status: await answer(request, object.spec ?? {}) }),
    },
  };
}

export interface ReviewOptions {
  userOfToken: (token: string) => UserInfo | undefined;
}

export function reviews({ userOfToken }: ReviewOptions): Resource[] {
  return [
    review('authorization.k8s.io', 'SelfSubjectAccessReview', (request, spec) => access(request.user, spec)),
    review('authorization.k8s.io', 'SubjectAccessReview', (_, spec) => {
      if (!spec.user && !spec.groups?.length)
        throw badRequest('spec.user: Required value: at least one of user or group must be specified');
      return access({ name: spec.user ?? '', groups: spec.groups ?? [] }, spec);
    }),
    review('authorization.k8s.io', 'SelfSubjectRulesReview', ({ user }) => ({
      resourceRules: rulesOf(user).map(({ verbs, apiGroups, resources }) => ({ verbs, apiGroups, resources })),
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
      incomplete: false,
    })),
    review('authentication.k8s.io', 'SelfSubjectReview', ({ user }) => ({ userInfo: userInfoOf(user) })),
    review('authentication.k8s.io', 'TokenReview', (_, spec) => {
      const user = typeof spec.token === 'string' ? userOfToken(spec.token) : undefined;
      return user
        ? { authenticated: true, user: userInfoOf(user) }
        : { authenticated: false, error: 'the token is not known' };
    }),
  ];
}

async function access(user: UserInfo, { resourceAttributes, nonResourceAttributes }: KubeObject): Promise<object> {
  // Everybody who is known may read what is no resource: discovery, versions, health.
  if (nonResourceAttributes) return { allowed: nonResourceAttributes.verb === 'get' };
  if (!resourceAttributes)
    throw badRequest('spec: exactly one of nonResourceAttributes or resourceAttributes must be specified');
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes;
  const decision = await authorize(user, { verb, group, version, plural: resource, subresource, namespace, name });
  return { ...decision, ...(decision.allowed ? {} : { denied: false }) };
}

function userInfoOf({ name, uid, groups }: UserInfo): object {
  return { username: name, ...(uid ? { uid } : {}), groups };
}

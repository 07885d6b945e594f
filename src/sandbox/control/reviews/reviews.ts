import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { SchemaRegistry } from '../../../kubernetes/schema/schema.ts';
import { type ApiRequest, badRequest, type Resource, type UserInfo } from '../../../kubernetes/serve/serve.ts';
import { decoded } from '../registry/admit-object.ts';
import { authorize, rulesOf } from './policy.ts';

type Answer = (request: ApiRequest, spec: KubeObject) => object | Promise<object>;

/** Questions that are posted and answered in `status`, and kept nowhere. */
function review(schemas: SchemaRegistry, group: string, kind: string, answer: Answer): Resource {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const info = {
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
  };
  return {
    info,
    columns: [],
    backing: {
      create: async (request, _, sent, options) => {
        const object = decoded({ schemas }, { info }, request, sent, options);
        return { ...object, status: await answer(request, object.spec ?? {}) };
      },
    },
  };
}

export interface ReviewOptions {
  schemas: SchemaRegistry;
  userOfToken: (token: string) => UserInfo | undefined;
}

export function reviews({ schemas, userOfToken }: ReviewOptions): Resource[] {
  return [
    review(schemas, 'authorization.k8s.io', 'SelfSubjectAccessReview', (request, spec) => access(request.user, spec)),
    review(schemas, 'authorization.k8s.io', 'SubjectAccessReview', (_, spec) => {
      if (!spec.user && !spec.groups?.length)
        throw badRequest('spec.user: Required value: at least one of user or group must be specified');
      return access({ name: spec.user ?? '', groups: spec.groups ?? [] }, spec);
    }),
    review(schemas, 'authorization.k8s.io', 'SelfSubjectRulesReview', ({ user }) => ({
      resourceRules: rulesOf(user).map(({ verbs, apiGroups, resources }) => ({ verbs, apiGroups, resources })),
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
      incomplete: false,
    })),
    review(schemas, 'authentication.k8s.io', 'SelfSubjectReview', ({ user }) => ({ userInfo: userInfoOf(user) })),
    review(schemas, 'authentication.k8s.io', 'TokenReview', (_, spec) => {
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

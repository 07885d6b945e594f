import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { SchemaRegistry } from '../../../kubernetes/schema/schema.ts';
import { type ApiRequest, badRequest, type Resource, type UserInfo } from '../../../kubernetes/serve/serve.ts';
import { decoded } from '../registry/admit-object.ts';
import type { ReviewedToken } from '../service-tokens.ts';
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

/** Whose a token is, if it is for one of these audiences (none given: for this API server). */
export type ReviewToken = (token: string, audiences?: readonly string[]) => ReviewedToken | undefined;

export interface ReviewOptions {
  schemas: SchemaRegistry;
  reviewToken: ReviewToken;
}

export function reviews({ schemas, reviewToken }: ReviewOptions): Resource[] {
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
      const found = reviewToken(spec.token ?? '', spec.audiences?.length ? spec.audiences : undefined);
      if (!found) return { authenticated: false, error: 'the token is not known, has ended, or is for somebody else' };
      return { authenticated: true, user: userInfoOf(found.user), audiences: found.audiences };
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

function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}

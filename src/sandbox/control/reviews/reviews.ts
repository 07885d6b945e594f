import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { SchemaRegistry } from '../../../kubernetes/schema/schema.ts';
import {
  type ApiRequest,
  badRequest,
  pathAttributes,
  type RequestAttributes,
  type Resource,
  type Target,
  type UserInfo,
} from '../../../kubernetes/serve/serve.ts';
import type { RbacAuthorizer } from '../rbac/authorizer.ts';
import { decoded } from '../registry/admit-object.ts';
import type { ReviewedToken } from '../service-tokens.ts';

type Answer = (request: ApiRequest, spec: KubeObject, target: Target) => object | Promise<object>;

/** Questions that are posted and answered in `status`, and kept nowhere. */
function review(schemas: SchemaRegistry, group: string, kind: string, answer: Answer, namespaced = false): Resource {
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
    namespaced,
    verbs: ['create'],
    subresources: [],
  };
  return {
    info,
    columns: [],
    backing: {
      create: async (request, target, sent, options) => {
        const object = decoded({ schemas }, { info }, request, sent, options);
        return { ...object, status: await answer(request, object.spec ?? {}, target) };
      },
    },
  };
}

/** Whose a token is, if it is for one of these audiences (none given: for this API server). */
export type ReviewToken = (token: string, audiences?: readonly string[]) => ReviewedToken | undefined;

export interface ReviewOptions {
  schemas: SchemaRegistry;
  reviewToken: ReviewToken;
  authorizer: RbacAuthorizer;
}

export function reviews({ schemas, reviewToken, authorizer }: ReviewOptions): Resource[] {
  const access = (user: UserInfo, spec: KubeObject) => authorizer.authorize(user, attributesIn(spec));
  return [
    review(schemas, 'authorization.k8s.io', 'SelfSubjectAccessReview', (request, spec) => access(request.user, spec)),
    review(schemas, 'authorization.k8s.io', 'SubjectAccessReview', (_, spec) => {
      return access(userIn(spec), spec);
    }),
    review(
      schemas,
      'authorization.k8s.io',
      'LocalSubjectAccessReview',
      (_, spec, { namespace }) => {
        if (spec.resourceAttributes?.namespace !== namespace)
          throw badRequest('spec.resourceAttributes.namespace: Invalid value: must match metadata.namespace');
        return access(userIn(spec), spec);
      },
      true,
    ),
    review(schemas, 'authorization.k8s.io', 'SelfSubjectRulesReview', ({ user }, { namespace }) => {
      if (!namespace) throw badRequest('no namespace on request');
      const rules = authorizer.rulesFor(user, namespace);
      return {
        resourceRules: rules.filter(({ resources }) => resources?.length),
        nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length),
        incomplete: false,
      };
    }),
    review(schemas, 'authentication.k8s.io', 'SelfSubjectReview', ({ user }) => ({ userInfo: userInfoOf(user) })),
    review(schemas, 'authentication.k8s.io', 'TokenReview', (_, spec) => {
      const found = reviewToken(spec.token ?? '', spec.audiences?.length ? spec.audiences : undefined);
      if (!found) return { authenticated: false, error: 'the token is not known, has ended, or is for somebody else' };
      return { authenticated: true, user: userInfoOf(found.user), audiences: found.audiences };
    }),
  ];
}

function userIn({ user = '', groups = [], uid, extra }: KubeObject): UserInfo {
  if (user === '' && groups.length === 0)
    throw badRequest('spec.user: Required value: at least one of user or group must be specified');
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function attributesIn({ resourceAttributes, nonResourceAttributes }: KubeObject): RequestAttributes {
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined))
    throw badRequest('spec: exactly one of nonResourceAttributes or resourceAttributes must be specified');
  if (nonResourceAttributes) return pathAttributes(nonResourceAttributes.verb ?? '', nonResourceAttributes.path ?? '');
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes;
  return { verb, group, version, plural: resource, subresource, namespace, name };
}

function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}

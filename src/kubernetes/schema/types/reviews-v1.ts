/** Questions about who somebody is and what they may do; answered at once and kept nowhere. The language is described in ../type-text.ts. */
export const reviewsV1 = `
package authorization authorization.k8s.io v1 io.k8s.api.authorization.v1

kind SelfSubjectAccessReview — Asks whether the asker may do something.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 SelfSubjectAccessReviewSpec!
  status 3 SubjectAccessReviewStatus

SelfSubjectAccessReviewSpec
  resourceAttributes 1 ResourceAttributes?
  nonResourceAttributes 2 NonResourceAttributes?

kind SubjectAccessReview — Asks whether somebody may do something.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 SubjectAccessReviewSpec!
  status 3 SubjectAccessReviewStatus

kind LocalSubjectAccessReview — Asks whether somebody may do something in a namespace.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 SubjectAccessReviewSpec!
  status 3 SubjectAccessReviewStatus

SubjectAccessReviewSpec
  resourceAttributes 1 ResourceAttributes?
  nonResourceAttributes 2 NonResourceAttributes?
  user 3 string
  groups 4 []string
  extra - {}[]string
  uid 6 string

SubjectAccessReviewStatus
  allowed 1 bool!
  denied 4 bool
  reason 2 string
  evaluationError 3 string

ResourceAttributes
  namespace 1 string
  verb 2 string
  group 3 string
  version 4 string
  resource 5 string
  subresource 6 string
  name 7 string
  fieldSelector 8 SelectorAttributes?
  labelSelector 9 SelectorAttributes?

SelectorAttributes
  rawSelector 1 string
  requirements 2 []SelectorRequirement atomic

SelectorRequirement
  key 1 string!
  operator 2 string!
  values 3 []string atomic

NonResourceAttributes
  path 1 string
  verb 2 string

kind SelfSubjectRulesReview — Asks what the asker may do in a namespace.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 SelfSubjectRulesReviewSpec!
  status 3 SubjectRulesReviewStatus

SelfSubjectRulesReviewSpec
  namespace 1 string

SubjectRulesReviewStatus
  resourceRules 1 []ResourceRule
  nonResourceRules 2 []NonResourceRule
  incomplete 3 bool
  evaluationError 4 string

ResourceRule
  verbs 1 []string
  apiGroups 2 []string
  resources 3 []string
  resourceNames 4 []string

NonResourceRule
  verbs 1 []string
  nonResourceURLs 2 []string

package authentication authentication.k8s.io v1 io.k8s.api.authentication.v1

kind SelfSubjectReview — Asks who the asker is.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  status 2 SelfSubjectReviewStatus

SelfSubjectReviewStatus
  userInfo 1 UserInfo

kind TokenReview — Asks whose a bearer token is.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 TokenReviewSpec!
  status 3 TokenReviewStatus

TokenReviewSpec
  token 1 string
  audiences 2 []string

TokenReviewStatus
  authenticated 1 bool
  user 2 UserInfo
  audiences 4 []string
  error 3 string

UserInfo
  username 1 string
  uid 2 string
  groups 3 []string
  extra - {}[]string

kind TokenRequest — Asks for a token of a service account.
  metadata 1 meta.ObjectMeta
  spec 2 TokenRequestSpec!
  status 3 TokenRequestStatus

TokenRequestSpec
  audiences 1 []string
  expirationSeconds 4 int64?
  boundObjectRef 3 BoundObjectReference?

TokenRequestStatus
  token 1 string
  expirationTimestamp 2 Time

BoundObjectReference
  kind 1 string
  apiVersion 2 string
  name 3 string
  uid 4 string
`;

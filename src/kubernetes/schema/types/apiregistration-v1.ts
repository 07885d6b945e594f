/** Groups and versions of the API that other servers answer for. The language is described in ../type-text.ts. */
export const apiregistrationV1 = `
package apiregistration apiregistration.k8s.io v1 io.k8s.kube-aggregator.pkg.apis.apiregistration.v1

kind APIService — Says which server answers for a group and version of the API.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 APIServiceSpec — Which group and version, and where its server is.
  status 3 APIServiceStatus — Whether the server can be reached.

APIServiceSpec — Which group and version, and where its server is.
  service 1 ServiceReference? — Where the server is; without it the group is served here.
  group 2 string — The group of the API.
  version 3 string — The version of the group.
  insecureSkipTLSVerify 4 bool — Believe any certificate of the server.
  caBundle 5 bytes atomic — PEM of the authorities that sign the server's certificate, in base64.
  groupPriorityMinimum 7 int32! — Groups with a higher one come first.
  versionPriority 8 int32! — Versions of a group with a higher one come first.

ServiceReference — A port of a service.
  namespace 1 string
  name 2 string
  port 3 int32? default=443

APIServiceStatus — What was last seen of the server.
  conditions 1 []APIServiceCondition merge=type keys=type

APIServiceCondition
  type 1 string! — Available.
  status 2 string! — True, False or Unknown.
  lastTransitionTime 3 Time
  reason 4 string — Why, in a word.
  message 5 string — Why, for people.
`;

/** The addresses behind services, in slices. The language is described in ../type-text.ts. */
export const discoveryV1 = `
package discovery discovery.k8s.io v1 io.k8s.api.discovery.v1

kind EndpointSlice — Some of the addresses behind a service, which its label kubernetes.io/service-name names.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  addressType 4 string! — IPv4, IPv6 or FQDN; cannot change.
  endpoints 2 []Endpoint! atomic — The addresses.
  ports 3 []EndpointPort+ atomic — The ports that each of them has.

Endpoint
  addresses 1 []string! set — Addresses of one and the same server.
  conditions 2 EndpointConditions
  hostname 3 string?
  targetRef 4 core.ObjectReference?
  deprecatedTopology 5 {}string
  nodeName 6 string?
  zone 7 string?
  hints 8 EndpointHints?

EndpointConditions
  ready 1 bool? — Takes connections.
  serving 2 bool?
  terminating 3 bool?

EndpointHints
  forZones 1 []ForZone atomic
  forNodes 2 []ForNode atomic

ForZone
  name 1 string!

ForNode
  name 1 string!

EndpointPort
  name 1 string? default="" — As the service's port is named.
  protocol 2 string? default="TCP" — TCP, UDP or SCTP.
  port 3 int32?
  appProtocol 4 string?
`;

/** Leases, by which a node shows that it is alive. The language is described in ../type-text.ts. */
export const coordinationV1 = `
package coordination coordination.k8s.io v1 io.k8s.api.coordination.v1

kind Lease — Who holds something, and until when.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  spec 2 LeaseSpec

LeaseSpec
  holderIdentity 1 string? — Who holds it.
  leaseDurationSeconds 2 int32? — How long after the last renewal it is held.
  acquireTime 3 MicroTime
  renewTime 4 MicroTime
  leaseTransitions 5 int32?
  strategy 6 string?
  preferredHolder 7 string?
`;

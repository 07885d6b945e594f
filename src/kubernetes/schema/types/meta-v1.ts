/** What all groups share. The language is described in ../type-text.ts. */
export const metaV1 = `
package meta meta.k8s.io v1 io.k8s.apimachinery.pkg.apis.meta.v1

ObjectMeta — Facts about an object itself.
  name 1 string — Name, unique for its kind in its namespace; cannot change.
  generateName 2 string — Prefix from which the server makes a name.
  namespace 3 string — Scope of the name.
  selfLink 4 string
  uid 5 string — Unique over all time; given by the server.
  resourceVersion 6 string — Version of the stored object; for watches and optimistic locking.
  generation 7 int64 — Goes up by one with each change of the spec.
  creationTimestamp 8 Time — When the object was created.
  deletionTimestamp 9 Time? — When the object goes away, once deletion was asked for.
  deletionGracePeriodSeconds 10 int64?
  labels 11 {}string — Keys and values to select by.
  annotations 12 {}string — Keys and values for tools.
  ownerReferences 13 []OwnerReference merge=uid keys=uid — Objects that this one belongs to; it goes when they are all gone.
  finalizers 14 []string merge set — Names that hold back the deletion until they are removed.
  managedFields 17 []ManagedFieldsEntry

OwnerReference — An owner of the object.
  apiVersion 5 string!
  kind 1 string!
  name 3 string!
  uid 4 string!
  controller 6 bool?
  blockOwnerDeletion 7 bool?

ManagedFieldsEntry
  manager 1 string
  operation 2 string
  apiVersion 3 string
  time 4 Time?
  fieldsType 6 string
  fieldsV1 7 FieldsV1?
  subresource 8 string

LabelSelector — Selects objects by their labels; all parts must match.
  matchLabels 1 {}string — Labels that must have these values.
  matchExpressions 2 []LabelSelectorRequirement — Requirements on labels.

LabelSelectorRequirement — A requirement on one label.
  key 1 string! — The label.
  operator 2 string! — In, NotIn, Exists or DoesNotExist.
  values 3 []string — Values for In and NotIn.

Condition
  type 1 string!
  status 2 string!
  observedGeneration 3 int64
  lastTransitionTime 4 Time!
  reason 5 string!
  message 6 string!

kind DeleteOptions — How to delete.
  gracePeriodSeconds 1 int64? — Seconds to wait before the kill; 0 at once.
  preconditions 2 Preconditions?
  orphanDependents 3 bool?
  propagationPolicy 4 string? — Orphan, Background or Foreground.
  dryRun 5 []string
  ignoreStoreReadErrorWithClusterBreakingPotential 6 bool?

Preconditions
  uid 1 string?
  resourceVersion 2 string?

ListMeta — Facts about a list.
  selfLink 1 string
  resourceVersion 2 string
  continue 3 string
  remainingItemCount 4 int64?

kind Status — The outcome of a request.
  metadata 1 ListMeta
  status 2 string
  message 3 string
  reason 4 string
  details 5 StatusDetails?
  code 6 int32

StatusDetails
  name 1 string
  group 2 string
  kind 3 string
  uid 6 string
  causes 4 []StatusCause
  retryAfterSeconds 5 int32

StatusCause
  reason 1 string
  message 2 string
  field 3 string

kind Table
  metadata - ListMeta
  columnDefinitions - []TableColumnDefinition!
  rows - []TableRow!

TableColumnDefinition
  name - string!
  type - string!
  format - string!
  description - string!
  priority - int32!

TableRow
  cells - []any!
  conditions - []TableRowCondition
  object - RawExtension

TableRowCondition
  type - string!
  status - string!
  reason - string
  message - string

kind PartialObjectMetadata
  metadata 1 ObjectMeta — Facts about the object itself.

kind List
  metadata 1 ListMeta
  items 2 []RawExtension!

kind WatchEvent — One change, as a watch reports it.
  type 1 string!
  object 2 RawExtension!
`;

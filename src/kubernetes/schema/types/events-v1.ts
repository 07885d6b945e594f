/** Events in their newer form. The language is described in ../type-text.ts. */
export const eventsV1 = `
package events events.k8s.io v1 io.k8s.api.events.v1

kind Event — Something that happened to an object.
  metadata 1 meta.ObjectMeta — Facts about the object itself.
  eventTime 2 MicroTime!
  series 3 EventSeries?
  reportingController 4 string
  reportingInstance 5 string
  action 6 string
  reason 7 string
  regarding 8 core.ObjectReference — What it happened to.
  related 9 core.ObjectReference?
  note 10 string — What happened, for people.
  type 11 string
  deprecatedSource 12 core.EventSource
  deprecatedFirstTimestamp 13 Time
  deprecatedLastTimestamp 14 Time
  deprecatedCount 15 int32

EventSeries
  count 1 int32!
  lastObservedTime 2 MicroTime!
`;

import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type Column, nameColumn, printAgeOf } from '../../../kubernetes/serve/serve.ts';
import { column, defineKind } from './kind.ts';

const firstSeen = (event: KubeObject) => event.firstTimestamp || event.eventTime;
const lastSeen = (event: KubeObject) => event.series?.lastObservedTime || event.lastTimestamp || firstSeen(event);

const columns: Column[] = [
  column('Last Seen', 'string', 'When it last happened.', (event, nowMs) => printAgeOf(lastSeen(event), nowMs)),
  column('Type', 'string', 'Normal or Warning.', (event) => event.type ?? ''),
  column('Reason', 'string', 'Why, in a word.', (event) => event.reason ?? ''),
  column('Object', 'string', 'What it is about.', objectOf),
  column('Subobject', 'string', 'Which part of it.', (event) => event.involvedObject?.fieldPath ?? '', 1),
  column('Source', 'string', 'Who reports it.', sourceOf, 1),
  column('Message', 'string', 'What happened.', (event) => String(event.message ?? '').trim()),
  column('First Seen', 'string', 'When it first happened.', (event, nowMs) => printAgeOf(firstSeen(event), nowMs), 1),
  column('Count', 'integer', 'How often it happened.', (event) => event.series?.count || event.count || 1, 1),
  { ...nameColumn, priority: 1 },
];

function objectOf({ involvedObject: { kind = '', name = '' } = {} }: KubeObject): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceOf({ source = {}, reportingComponent = '', reportingInstance = '' }: KubeObject): string {
  const component = source.component || reportingComponent;
  const host = source.host || reportingInstance;
  return host ? `${component}, ${host}` : component;
}

const about = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const selectable: Record<string, (event: KubeObject) => string> = {
  ...Object.fromEntries(
    about.map((field) => [`involvedObject.${field}`, (event: KubeObject) => event.involvedObject?.[field] ?? '']),
  ),
  reason: (event) => event.reason ?? '',
  type: (event) => event.type ?? '',
  source: (event) => event.source?.component || event.reportingComponent || '',
  reportingComponent: (event) => event.reportingComponent ?? '',
};

export const events = defineKind({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  naming: 'event',
  columns,
  selectable,
});

/** The same fields under the names of events.k8s.io. */
const renamed: readonly [core: string, group: string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const toCore = new Map(renamed.map(([core, group]) => [group, core]));
const fromCore = new Map(renamed);

export const groupEvents = defineKind({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  naming: 'event',
  stored: events.stored,
  columns: columns.map((each) => ({ ...each, cell: (event, nowMs) => each.cell(eventToCore(event), nowMs) })),
  selectable: Object.fromEntries(
    Object.entries(selectable).flatMap(([field, read]) => [
      [field, read],
      [field.replace('involvedObject.', 'regarding.').replace('reportingComponent', 'reportingController'), read],
    ]),
  ),
  toStored: eventToCore,
  fromStored: (event) => ({ ...withNames(event, fromCore), apiVersion: 'events.k8s.io/v1' }),
});

function eventToCore(event: KubeObject): KubeObject {
  return { ...withNames(event, toCore), apiVersion: 'v1' };
}

function withNames(event: KubeObject, names: ReadonlyMap<string, string>): KubeObject {
  return Object.fromEntries(
    Object.entries(event).map(([field, value]) => [names.get(field) ?? field, value]),
  ) as KubeObject;
}

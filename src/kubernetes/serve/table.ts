import type { KubeObject } from '../client/client.ts';
import { printAgeOf } from './age.ts';
import { badRequest } from './status.ts';

export type Cell = string | number | boolean | null;

/** A column of `kubectl get`; those of priority 1 are shown with `-o wide`. `cell` is a pure function. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'boolean';
  format?: 'name';
  description: string;
  priority: 0 | 1;
  cell(object: KubeObject, nowMs: number): Cell;
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name is unique within a namespace, and cannot be changed.',
  priority: 0,
  // A bookmark has no name.
  cell: (object) => object.metadata.name ?? '',
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'The time since the object was created.',
  priority: 0,
  cell: (object, nowMs) => printAgeOf(object.metadata.creationTimestamp, nowMs),
};

export interface TableMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The `includeObject` parameter. Throws 400 for a value that does not exist. */
export function parseIncludeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: "${value}"`);
}

/** A meta.k8s.io Table. A watch leaves the column definitions out after its first event. */
export function tableOf(
  columns: readonly Column[],
  objects: readonly KubeObject[],
  options: { meta: TableMeta; include: IncludeObject; nowMs: number; version: string; withColumns: boolean },
): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.meta,
    columnDefinitions: options.withColumns ? columns.map(definitionOf) : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.nowMs)),
      ...rowObject(object, options.include, options.version),
    })),
  };
}

/** The view of an object that has its metadata only. */
export function partialOf(object: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

function definitionOf({ name, type, format, description, priority }: Column): object {
  return { name, type, format: format ?? '', description, priority };
}

function rowObject(object: KubeObject, include: IncludeObject, version: string): { object?: object } {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partialOf(object, version) };
}

import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { FieldError } from '../../../kubernetes/schema/schema.ts';
import type { Column, ResourceInfo, SubresourceInfo } from '../../../kubernetes/serve/serve.ts';

/** Of names, as Kubernetes has them: a DNS label, and a DNS subdomain. */
export const labelCharsMax = 63;
export const subdomainCharsMax = 253;

/** All that tells one kind from another; plain data and pure functions. What is common to all is in registry/. */
export interface Kind {
  info: ResourceInfo;
  columns: readonly Column[];
  /** Where objects of this kind are stored, `group/plural`; two API groups may show the same objects. */
  stored: string;
  naming: 'subdomain' | 'label' | 'event' | 'path-segment';
  /** Fields that may be selected by, besides metadata.name and metadata.namespace. */
  selectable: Readonly<Record<string, (object: KubeObject) => string>>;
  /** metadata.generation counts the changes of everything but metadata and status. */
  generation: boolean;
  /** Changed only through the status subresource, and nothing else is changed there. */
  hasStatus: boolean;
  /** Fills in, on the server's own copy, what creation sets. */
  prepare?(object: KubeObject): void;
  /** Keeps, on the server's own copy, what an update may not touch and what only the server sets. */
  prepareUpdate?(next: KubeObject, previous: KubeObject): void;
  validate?(object: KubeObject): FieldError[];
  validateUpdate?(next: KubeObject, previous: KubeObject): FieldError[];
  /** How long deletion waits for somebody else to finish it; 0 where nobody has to. */
  graceSeconds?(object: KubeObject, asked: number | undefined): number;
  /** DELETE answers with the object, not with a Status. */
  deleteAnswersObject: boolean;
  /** The form that is stored, where this is another group's view of it. */
  toStored?(object: KubeObject): KubeObject;
  fromStored?(object: KubeObject): KubeObject;
}

export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
export const statusVerbs = ['get', 'patch', 'update'] as const;

export interface KindInput extends Partial<Omit<Kind, 'info'>> {
  group?: string;
  version?: string;
  kind: string;
  plural: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  namespaced?: boolean;
  subresources?: readonly SubresourceInfo[];
  columns: readonly Column[];
}

/** Fills in what most kinds have alike: v1, in a namespace, all verbs. */
export function defineKind(input: KindInput): Kind {
  const { group = '', version = 'v1', kind, plural, shortNames = [], categories = [], namespaced = true } = input;
  const subresources = [
    ...(input.hasStatus ? [{ name: 'status', kind, verbs: statusVerbs }] : []),
    ...(input.subresources ?? []),
  ];
  const singular = input.kind.toLowerCase();
  return {
    stored: `${group}/${plural}`,
    naming: 'subdomain',
    selectable: {},
    generation: false,
    hasStatus: false,
    deleteAnswersObject: false,
    ...input,
    info: { group, version, kind, plural, singular, shortNames, categories, namespaced, verbs: allVerbs, subresources },
  };
}

export function required(field: string, why = ''): FieldError {
  return { field, reason: 'FieldValueRequired', message: why === '' ? 'Required value' : `Required value: ${why}` };
}

export function invalidValue(field: string, value: unknown, why: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

export function notAllowed(field: string, why: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` };
}

export function column(
  name: string,
  type: Column['type'],
  description: string,
  cell: Column['cell'],
  priority: 0 | 1 = 0,
): Column {
  return { name, type, description, priority, cell };
}

import {
  type FieldSelector,
  type LabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from '../../kubernetes/selector/selector.ts';
import { badRequest } from '../../kubernetes/serve/serve.ts';

export interface Selection {
  labels: LabelSelector;
  fields: FieldSelector;
}

const fieldsKnown: ReadonlySet<string> = new Set(['metadata.name', 'metadata.namespace']);

/** Throws 400, or Fault `bad-request`. */
export function parseSelection(query: URLSearchParams): Selection {
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const unknown = fields.find(({ field }) => !fieldsKnown.has(field));
  if (unknown)
    throw badRequest(`"${unknown.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
  return { labels: parseLabelSelector(query.get('labelSelector') ?? ''), fields };
}

export function isSelected(
  { labels, fields }: Selection,
  item: { name: string; namespace?: string; labels: Readonly<Record<string, string>> },
): boolean {
  if (labels.length > 0 && !matchesLabels(labels, item.labels)) return false;
  if (fields.length === 0) return true;
  return matchesFields(fields, (field) => (field === 'metadata.name' ? item.name : (item.namespace ?? '')));
}

import {
  type ApiRequest,
  negotiate,
  objectViews,
  parseFlag,
  parseIncludeObject,
  type Representation,
} from '../../kubernetes/serve/serve.ts';
import type { Kind, ListForm } from './form.ts';
import { JsonListForm, JsonObjectForm } from './json-form.ts';
import { PartialForm } from './partial-form.ts';
import type { PodHeads } from './pod-heads.ts';
import { ProtobufForm } from './protobuf-form.ts';
import { TableForm } from './table-form.ts';

export interface Wanted {
  nowMs: number;
  isList: boolean;
  heads: PodHeads;
}

/** The form that the client prefers. Throws 406. */
export function formOf(request: ApiRequest, kind: Kind, { nowMs, isList, heads }: Wanted): ListForm {
  const wanted = negotiate(request.accept, objectViews, isPretty(request), true);
  const contentType = contentTypeOf(wanted);
  if (wanted.as?.kind === 'Table') {
    const include = parseIncludeObject(request.query.get('includeObject'));
    return new TableForm({ nowMs, tableVersion: wanted.as.version, include, contentType });
  }
  if (wanted.as) return new PartialForm(isList, wanted.as.version, nowMs, contentType);
  if (wanted.format === 'protobuf') return new ProtobufForm(kind, isList, nowMs);
  // YAML is a superset of JSON, and pretty JSON is good YAML to read.
  const options = { nowMs, pretty: wanted.pretty || wanted.format === 'yaml', contentType };
  return isList ? new JsonListForm(kind, options, heads) : new JsonObjectForm(kind, options);
}

function contentTypeOf({ format }: Representation): string {
  return format === 'yaml' ? 'application/yaml' : 'application/json';
}

/** Said in the query, or guessed from what people type by hand, as API servers do. */
function isPretty({ query, incoming }: ApiRequest): boolean {
  if (query.has('pretty')) return parseFlag(query, 'pretty');
  return /^(curl|Wget|Mozilla\/5\.0)/.test(incoming.headers['user-agent'] ?? '');
}

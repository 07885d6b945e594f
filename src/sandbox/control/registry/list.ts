import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { matchesFields, matchesLabels } from '../../../kubernetes/selector/selector.ts';
import {
  badRequest,
  expired,
  type ListOptions,
  type ObjectList,
  type Selection,
  StatusError,
  type Target,
  tooLargeVersion,
} from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import type { ObjectName } from '../store/object-store.ts';
import { type Registry, shown } from './registry.ts';

/** Where a paged list goes on: the version that all its pages are of, and the last object given. */
interface Cursor extends ObjectName {
  version: number;
}

/** A consistent page: all pages of one list, and a list at an exact version, show the state of that version. */
export function list(registry: Registry, kind: Kind, { namespace }: Target, options: ListOptions): ObjectList {
  const { store } = registry;
  const accepts = selects(kind, namespace, options.selection);
  const cursor = options.continueToken === '' ? undefined : readCursor(options.continueToken);
  const { resourceVersion: wanted = 0 } = options;
  if (wanted > store.version) throw tooLargeVersion(wanted, store.version);
  const version = cursor?.version ?? (options.match === 'Exact' ? wanted : store.version);
  const limit = Math.min(options.limit > 0 ? options.limit : registry.pageItemsMax, registry.pageItemsMax);
  const whole = options.limit <= 0;

  const items: KubeObject[] = [];
  let more = false;
  for (const object of stateAt(registry, kind, namespace, version, cursor)) {
    if (!accepts(object)) continue;
    more = items.length === limit;
    // Who asks for everything would not look for a second page: a refusal is better than a list that is cut in silence.
    if (more && whole) throw listTooLarge(limit);
    if (more) break;
    items.push(object);
  }
  const last = items.at(-1);
  return {
    items: items.map((object) => shown(kind, object)),
    resourceVersion: String(version),
    ...(more && last ? { continueToken: writeCursor(version, last) } : {}),
  };
}

/** Today's objects with what happened since `version` undone. Throws 410 when that is no longer known. */
function stateAt(
  { store }: Registry,
  kind: Kind,
  namespace: string,
  version: number,
  after: ObjectName | undefined,
): Iterable<KubeObject> {
  if (version === store.version) return store.scan(kind.stored, namespace, after);
  const changes = changesSince();
  if (changes.length === 0) return store.scan(kind.stored, namespace, after);
  const objects = new Map<string, KubeObject>();
  for (const object of store.scan(kind.stored, namespace)) objects.set(orderOf(object.metadata), object);
  for (const { object, previous } of [...changes].reverse()) {
    if (previous) objects.set(orderOf(object.metadata), previous);
    else objects.delete(orderOf(object.metadata));
  }
  const from = after ? orderOf(after) : '';
  return [...objects]
    .filter(([order]) => order > from)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object);

  function changesSince() {
    try {
      return store.window(kind.stored).since(version);
    } catch {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
  }
}

/** What a list or watch of this namespace with this selection shows. Throws 400 for a field that cannot be selected by. */
export function selects(kind: Kind, namespace: string, { labels, fields }: Selection): (object: KubeObject) => boolean {
  for (const { field } of fields)
    if (
      field !== 'metadata.name' &&
      !(field === 'metadata.namespace' && kind.info.namespaced) &&
      !Object.hasOwn(kind.selectable, field)
    )
      throw badRequest(`field label not supported: ${field}`);
  return (object) =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    matchesLabels(labels, object.metadata.labels) &&
    matchesFields(fields, (field) => fieldOf(kind, object, field));
}

function fieldOf(kind: Kind, object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return kind.selectable[field]!(object);
}

function listTooLarge(limit: number): StatusError {
  const why = `the list has more than ${limit} objects: ask for it in pages, with the parameter limit`;
  return new StatusError(413, 'RequestEntityTooLarge', why);
}

const orderOf = ({ namespace = '', name }: { namespace?: string; name: string }) => `${namespace}\0${name}`;

function writeCursor(version: number, { metadata }: KubeObject): string {
  return Buffer.from(JSON.stringify([version, metadata.namespace ?? '', metadata.name])).toString('base64url');
}

function readCursor(token: string): Cursor {
  try {
    const [version, namespace, name] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(version) && typeof namespace === 'string' && typeof name === 'string')
      return { version, namespace, name };
  } catch {
    // Answered below, as any other text that is not one of our tokens.
  }
  throw badRequest('continue key is not valid: it was not given by this server');
}

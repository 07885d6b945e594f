/** JSON patch, RFC 6902, with JSON pointers, RFC 6901. */
import { Fault } from '../../base/fault.ts';
import { copied, isJsonObject, type JsonObject, ownValue, sameJson, setOwn } from './own-property.ts';

/** As many as the API server allows in one patch. */
const OPERATIONS_MAX = 10_000;
/** Items that one patch may push aside in lists, so that many insertions at the front of a long list do not take minutes. */
const SHIFTED_ITEMS_MAX = 50_000_000;
/** A few copies of copies grow without bound: the nodes that one patch may copy. */
const COPIED_NODES_MAX = 200_000;

/** What is left of the patch's allowances. */
interface Budget {
  nodes: number;
  shifts: number;
}

interface Operation {
  op: string;
  path: string;
  from?: unknown;
  value?: unknown;
}

/**
 * Does all operations or none; the original is not changed. Throws Fault `bad-request` for what is no patch (or asks too
 * much), `conflict` for one that does not fit this object: a `test` fails, a place does not exist.
 */
export function jsonPatched(original: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) throw new Fault('bad-request', 'a JSON patch must be a list of operations');
  if (patch.length > OPERATIONS_MAX) {
    throw new Fault('bad-request', `the patch has ${patch.length} operations, at most ${OPERATIONS_MAX} are allowed`);
  }
  const holder: JsonObject = { root: copied(original) };
  const budget: Budget = { nodes: COPIED_NODES_MAX, shifts: SHIFTED_ITEMS_MAX };
  const operations = patch.map(readOperation);
  for (const [at, operation] of operations.entries()) apply(holder, operation, at, budget);
  if (!isJsonObject(holder.root)) throw new Fault('bad-request', 'the patch replaces the object by something else');
  return holder.root;
}

function readOperation(operation: unknown, at: number): Operation {
  if (!isJsonObject(operation)) return refuse(at, 'an operation must be an object');
  const { op, path } = operation;
  if (typeof op !== 'string') return refuse(at, 'op is missing');
  if (typeof path !== 'string') return refuse(at, 'path is missing');
  if (op === 'add' || op === 'replace' || op === 'test') {
    if (!Object.hasOwn(operation, 'value')) return refuse(at, `${op} needs a value`);
  } else if (op === 'move' || op === 'copy') {
    if (typeof operation.from !== 'string') return refuse(at, `${op} needs a from`);
  } else if (op !== 'remove')
    return refuse(at, `op is ${JSON.stringify(op)}; add, remove, replace, move, copy and test are allowed`);
  return operation as unknown as Operation;
}

function apply(holder: JsonObject, operation: Operation, at: number, budget: Budget): void {
  const { op, path } = operation;
  if (op === 'add') add(holder, path, copied(operation.value), at, budget);
  else if (op === 'remove') remove(holder, path, at, budget);
  else if (op === 'replace') {
    const { parent, key } = locate(holder, path, at);
    present(parent, key, path, at);
    if (Array.isArray(parent)) parent[Number(key)] = copied(operation.value);
    else setOwn(parent, key, copied(operation.value));
  } else if (op === 'test') {
    const { parent, key } = locate(holder, path, at);
    if (!sameJson(present(parent, key, path, at), operation.value)) {
      doesNotFit(at, `the test of ${path} failed`);
    }
  } else {
    const from = operation.from as string;
    if (op === 'move' && path.startsWith(`${from}/`)) refuse(at, `${from} cannot move into itself`);
    const { parent, key } = locate(holder, from, at);
    const value = present(parent, key, from, at);
    if (op === 'move') remove(holder, from, at, budget);
    else spend(value, budget, at);
    add(holder, path, op === 'copy' ? copied(value) : value, at, budget);
  }
}

function add(holder: JsonObject, path: string, value: unknown, at: number, budget: Budget): void {
  const { parent, key } = locate(holder, path, at);
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : indexOf(key, parent.length, path, at);
    shift(parent.length - index, budget, at);
    parent.splice(index, 0, value);
  } else setOwn(parent, key, value);
}

function remove(holder: JsonObject, path: string, at: number, budget: Budget): void {
  const { parent, key } = locate(holder, path, at);
  present(parent, key, path, at);
  if (Array.isArray(parent)) {
    shift(parent.length - Number(key), budget, at);
    parent.splice(Number(key), 1);
  } else delete parent[key];
}

/** The container of what a pointer names, and the last part of the pointer. */
function locate(holder: JsonObject, path: string, at: number): { parent: JsonObject | unknown[]; key: string } {
  if (path !== '' && !path.startsWith('/'))
    refuse(at, `${JSON.stringify(path)} is not a JSON pointer; it must begin with /`);
  const parts = `root${path}`.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent: JsonObject | unknown[] = holder;
  for (const [depth, part] of parts.slice(0, -1).entries()) {
    const next = present(parent, part, `/${parts.slice(1, depth + 1).join('/')}`, at);
    if (!isJsonObject(next) && !Array.isArray(next)) return doesNotFit(at, `${path} leads through a plain value`);
    parent = next;
  }
  return { parent, key: parts.at(-1)! };
}

function present(parent: JsonObject | unknown[], key: string, path: string, at: number): unknown {
  if (Array.isArray(parent)) return parent[indexOf(key, parent.length - 1, path, at)];
  return Object.hasOwn(parent, key) ? ownValue(parent, key) : doesNotFit(at, `${path} does not exist`);
}

function indexOf(key: string, indexMax: number, path: string, at: number): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(key)) return doesNotFit(at, `${path} does not name an item of a list`);
  const index = Number(key);
  return index <= indexMax ? index : doesNotFit(at, `${path} lies past the end of its list`);
}

function shift(items: number, budget: Budget, at: number): void {
  budget.shifts -= items;
  if (budget.shifts < 0) refuse(at, `the patch pushes more than ${SHIFTED_ITEMS_MAX} items aside`);
}

function spend(value: unknown, budget: Budget, at: number): void {
  budget.nodes -= 1;
  if (budget.nodes < 0) refuse(at, `the patch copies more than ${COPIED_NODES_MAX} values`);
  if (Array.isArray(value)) for (const item of value) spend(item, budget, at);
  else if (isJsonObject(value)) for (const key of Object.keys(value)) spend(value[key], budget, at);
}

function refuse(at: number, why: string): never {
  throw new Fault('bad-request', `operation ${at} of the patch: ${why}`);
}

function doesNotFit(at: number, why: string): never {
  throw new Fault('conflict', `operation ${at} of the patch: ${why}`);
}

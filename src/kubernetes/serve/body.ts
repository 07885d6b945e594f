import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '../client/client.ts';
import { duplicateFields } from '../schema/duplicate-fields.ts';
import type { GroupVersionKind, SchemaRegistry } from '../schema/schema.ts';
import type { ServeLimits } from './limits.ts';
import { parseRange } from './negotiation.ts';
import { badRequest, bodyTooLarge, unsupportedMediaType } from './status.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
const objectTypes = ['application/json', 'application/yaml', protobufType] as const;

const nothing = Buffer.alloc(0);

/** Reads the whole body, or throws 413 as soon as it is known to be too large. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  // No body, and then none is read whose end would be told.
  if (length === undefined && encoding === undefined) return nothing;
  if (Number(length ?? 0) > bytesMax) throw bodyTooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) throw bodyTooLarge(bytesMax);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, bytes);
}

export interface DecodedBody {
  object: KubeObject;
  /** As the body says it; undefined where it does not. */
  gvk: GroupVersionKind | undefined;
  /** Fields that the text names twice; looked for when asked. */
  doubled(): string[];
}

/** Empty bodies give undefined. A missing content type means JSON. Throws 400 or 415. */
export async function decodeObject(
  body: Buffer,
  contentType: string | undefined,
  schemas: SchemaRegistry,
  limits: ServeLimits,
): Promise<DecodedBody | undefined> {
  if (body.length === 0) return undefined;
  const { type } = parseRange(contentType || 'application/json');
  if (type === protobufType) {
    const { gvk, object } = schemas.decodeProtobuf(body);
    return { object, gvk, doubled: () => [] };
  }
  if (type !== 'application/json' && type !== 'application/yaml') throw unsupportedMediaType(objectTypes);
  const object = type === 'application/yaml' ? await parseYaml(body, limits) : parseJson(body, limits.nestingDepthMax);
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw badRequest('the object provided is unrecognized (must be of type object)');
  // YAML that names a field twice has been refused by its parser.
  const doubled = () => (type === 'application/yaml' ? [] : duplicateFields(body.toString('utf8')));
  return { object: object as KubeObject, gvk: gvkOf(object as KubeObject), doubled };
}

function gvkOf({ apiVersion, kind }: KubeObject): GroupVersionKind | undefined {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || kind === '') return undefined;
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
}

/** Depth is checked before parsing, so that nothing that walks the value later can run out of stack. */
export function parseJson(body: Buffer, depthMax: number): unknown {
  checkDepth(body, depthMax);
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return value;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export async function parseYaml(body: Buffer, limits: Pick<ServeLimits, 'nestingDepthMax'>): Promise<unknown> {
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(body.toString('utf8'), { maxAliasCount: 50 });
  } catch (error) {
    throw badRequest(`error parsing YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  // Through JSON: the same depth limit, and no dates, maps or shared nodes.
  return parseJson(Buffer.from(JSON.stringify(value ?? null)), limits.nestingDepthMax);
}

const quote = 0x22;
const backslash = 0x5c;

function checkDepth(body: Buffer, depthMax: number): void {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) at = endOfString(body, at);
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > depthMax) throw badRequest(`the body is nested deeper than ${depthMax} levels, at byte ${at}`);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  // The name would set an object's prototype where objects are put together.
  if (body.includes('"__proto__"')) throw badRequest('a field cannot be named "__proto__"');
}

/** The position of the closing quote, or of the end. */
function endOfString(body: Buffer, open: number): number {
  let at = open + 1;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}

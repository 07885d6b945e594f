/** The door: manifests as a person writes them (YAML streams, flow style, JSON), and what is wrong with them, with file, document, line and field. */
import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { Fault, messageOf } from '../../base/fault.ts';
import type { KubeObject } from '../../kubernetes/client/client.ts';

export const manifestBytesMax = 8 * 1024 * 1024;
export const documentsMax = 1000;
/** Nested aliases can make a small file huge ("billion laughs"); past this many the reader refuses. */
const aliasesMax = 100;

export interface Manifest {
  object: KubeObject;
  /** `file:line: ` of the document, or of the field that a path like `spec.containers[0].image` names. */
  where(field?: string): string;
}

/** Throws Fault `bad-manifest`. */
export function readManifests(path: string): Manifest[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('bad-manifest', `${path}: ${messageOf(error)}`);
  }
  return parseManifests(text, path);
}

export function parseManifests(text: string, path: string): Manifest[] {
  if (text.length > manifestBytesMax) throw new Fault('bad-manifest', `${path}: more than ${manifestBytesMax} bytes`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false }) as Document.Parsed[];
  if (documents.length > documentsMax) throw new Fault('bad-manifest', `${path}: more than ${documentsMax} documents`);
  const manifests: Manifest[] = [];
  for (const [index, document] of documents.entries()) {
    const syntax = document.errors[0];
    if (syntax) {
      const { line, col } = lines.linePos(syntax.pos[0]);
      throw new Fault('bad-manifest', `${path}:${line}:${col}: document ${index + 1}: ${syntax.message}`);
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue;
    manifests.push(...manifestsOf(document, index, path, lines));
  }
  return manifests;
}

function manifestsOf(document: Document.Parsed, index: number, path: string, lines: LineCounter): Manifest[] {
  const where = (field = '') =>
    `${path}:${lineOf(document, field, lines)}: document ${index + 1}: ${field ? `${field}: ` : ''}`;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: aliasesMax });
  } catch (error) {
    throw new Fault('bad-manifest', `${where()}${messageOf(error)}`);
  }
  const object = value as KubeObject;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('bad-manifest', `${where()}wants an object with apiVersion, kind and metadata`);
  }
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof object[field] !== 'string') throw new Fault('bad-manifest', `${where(field)}wants a string`);
  }
  if (object.kind === 'List' && Array.isArray(object.items)) {
    return (object.items as KubeObject[]).map((item, i) => ({
      object: item,
      where: (field = '') => where(`items[${i}]${field && `.${field}`}`),
    }));
  }
  if (typeof object.metadata !== 'object' || object.metadata === null)
    throw new Fault('bad-manifest', `${where('metadata')}wants an object`);
  if (typeof object.metadata.name !== 'string' && typeof object.metadata.generateName !== 'string') {
    throw new Fault('bad-manifest', `${where('metadata.name')}wants a name`);
  }
  return [{ object, where }];
}

/** The line of the deepest part of the field's path that the document has. */
function lineOf(document: Document.Parsed, field: string, lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of field.match(/[^.[\]]+/g) ?? []) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return lines.linePos(offset).line;
}

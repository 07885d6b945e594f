import type { Extraction } from '../syntax/ast.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import {
  type FieldVisitor,
  type JsonKind,
  jsonStringValue,
  nestedEnd,
  scanArray,
  scanObject,
  unescapedJson,
} from './json-scanner.ts';
import type { Line } from './line.ts';
import { failParsing } from './parse-failure.ts';
import type { StageRun, Wanted } from './stage.ts';

const ESCAPES = /(?:\\(?:u[\da-fA-F]{4}|["\\/bfnrt]))+/g;
/** A field that stands outside of an object. */
const BARE_FIELD = /"(?:[^"\\]|\\.)*"\s*:/sy;

/** `source.slice(from, to)`; of a string without its quotes. */
interface Found {
  kind: JsonKind;
  from: number;
  to: number;
}

/** `| json name="path"`: the values at these places become labels; empty where there is none. */
export function compileJsonExtract(extractions: readonly Extraction[], wanted: Wanted): StageRun {
  const paths = extractions.map(({ name, expression }) => ({ name, path: parseJsonPath(expression) }));
  return (line) => {
    if (line.from === line.to || wanted.names?.size === 0) return true;
    const { labels, source } = line;
    const first = source[line.from];
    if (first !== '{' && first !== '[' && first !== '"') {
      failParsing(line, 'JSONParserErr', undefined, wanted);
      return true;
    }
    if (first === '"' && isBareField(line)) failParsing(line, 'JSONParserErr', 'Malformed JSON error', wanted);
    for (const { name, path } of paths) {
      const found = valueAt(source, line.from, line.to, path);
      if (found !== undefined) labels.set(labels.parsedName(name), shown(source, found));
    }
    for (const { name } of paths) if (labels.get(name) === undefined) labels.set(name, '');
    return true;
  };
}

function isBareField({ source, from, to }: Line): boolean {
  BARE_FIELD.lastIndex = from;
  return BARE_FIELD.test(source) && BARE_FIELD.lastIndex <= to;
}

/** The first value at the path, in the object or array at `from`. What follows behind it need not be JSON. */
function valueAt(source: string, from: number, to: number, path: JsonPath, depth = 0): Found | undefined {
  const part = path[depth]!;
  const isElement = typeof part === 'number';
  if (source[from] !== (isElement ? '[' : '{')) return undefined;
  let found: Found | undefined;
  const visit: FieldVisitor = (key, kind, valueFrom, valueTo) => {
    if (key !== String(part)) return 'next';
    if (depth < path.length - 1) found = valueAt(source, valueFrom, to, path, depth + 1);
    else {
      const end = kind === 'object' ? nestedEnd(source, valueFrom, to) : valueTo;
      if (end !== undefined) found = { kind, from: valueFrom, to: end };
    }
    return found === undefined ? 'next' : 'stop';
  };
  if (isElement) scanArray(source, from, to, visit);
  else scanObject(source, from, to, visit);
  return found;
}

function shown(source: string, { kind, from, to }: Found): string {
  if (kind === 'null') return '';
  if (kind === 'string') return jsonStringValue(source, from, to);
  const raw = source.slice(from, to);
  // Within an array, too, escapes are undone, as Loki does it.
  return kind === 'array' ? raw.replaceAll(ESCAPES, (escapes) => unescapedJson(escapes) ?? escapes) : raw;
}

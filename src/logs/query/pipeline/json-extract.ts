import type { Extraction } from '../syntax/ast.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import { type JsonKind, jsonStringValue, scanObject } from './json-scanner.ts';
import type { Line } from './line.ts';
import { failParsing } from './parse-failure.ts';
import type { StageRun, Wanted } from './stage.ts';

interface Found {
  kind: JsonKind;
  value: string;
}

/** `| json name="path"`: the values at these places become labels; empty where there is none. */
export function compileJsonExtract(extractions: readonly Extraction[], wanted: Wanted): StageRun {
  const paths = extractions.map(({ name, expression }) => ({ name, path: parseJsonPath(expression) }));
  return (line) => {
    if (line.from === line.to || wanted.names?.size === 0) return true;
    const first = line.source[line.from];
    if (first !== '{' && first !== '[' && first !== '"') {
      failParsing(line, 'JSONParserErr', undefined, wanted);
      return true;
    }
    const { labels } = line;
    for (const { name, path } of paths) {
      const found = valueAt(line, path);
      if (found !== undefined) labels.set(labels.parsedName(name), found.kind === 'null' ? '' : found.value);
    }
    for (const { name } of paths) if (labels.get(name) === undefined) labels.set(name, '');
    return true;
  };
}

function valueAt(line: Line, path: JsonPath): Found | undefined {
  const { source, from, to } = line;
  if (source[from] === '{' && path.every((part) => typeof part === 'string')) return valueInObject(line, path);
  // With numbers in the path an array has to be taken apart, which is rare enough for the platform's own parser.
  try {
    let value: unknown = JSON.parse(source.slice(from, to));
    for (const part of path) value = child(value, part);
    return value === undefined ? undefined : shown(value);
  } catch {
    return undefined;
  }
}

function child(value: unknown, part: string | number): unknown {
  if (typeof part === 'number') return Array.isArray(value) ? value[part] : undefined;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined;
}

function shown(value: unknown): Found {
  if (value === null) return { kind: 'null', value: '' };
  if (typeof value === 'string') return { kind: 'string', value };
  return { kind: 'object', value: JSON.stringify(value) };
}

function valueInObject({ source, from, to }: Line, path: JsonPath): Found | undefined {
  let found: Found | undefined;
  let depthInside = 0;
  scanObject(source, from, to, (key, kind, valueFrom, valueTo, depth) => {
    if (depth !== depthInside || key !== path[depth]) return 'next';
    if (depth < path.length - 1) {
      if (kind !== 'object') return 'next';
      depthInside++;
      return { leave: () => depthInside-- };
    }
    if (kind === 'object') {
      found = { kind, value: rawObject(source, valueFrom, to) };
      return 'stop';
    }
    const value = kind === 'string' ? jsonStringValue(source, valueFrom, valueTo) : source.slice(valueFrom, valueTo);
    found = { kind, value };
    return 'stop';
  });
  return found;
}

function rawObject(source: string, from: number, to: number): string {
  let level = 0;
  for (let at = from; at < to; at++) {
    const char = source[at];
    if (char === '"') {
      for (at++; at < to && source[at] !== '"'; at++) if (source[at] === '\\') at++;
    } else if (char === '{') level++;
    else if (char === '}' && --level === 0) return source.slice(from, at + 1);
  }
  return '';
}

import { jsonStringValue, nestedEnd, scanObject, unclosedObject } from './json-scanner.ts';
import { nestedName, sanitizedName } from './label-name.ts';
import type { Line } from './line.ts';
import { failParsing } from './parse-failure.ts';
import { isWanted, type StageRun, type Wanted } from './stage.ts';

/** Names whose form as a label is remembered; when full it starts anew. */
const rememberedMax = 10_000;

/** `| json`: every field that is a string, a number or a boolean becomes a label; names of nested ones are joined with `_`. */
export function compileJsonParser(wanted: Wanted): StageRun {
  const remembered = new Map<string, string>();
  const nameOf = (key: string) => {
    let name = remembered.get(key);
    if (name === undefined) {
      if (remembered.size >= rememberedMax) remembered.clear();
      name = sanitizedName(key);
      remembered.set(`${key} `.slice(0, -1), name);
    }
    return name;
  };
  const lengths = wanted.names === null ? undefined : nameLengths(wanted.names);
  let line: Line;
  let prefix = '';
  let missing = 0;
  /** Where the outermost nested object at hand began, and how many labels there were. */
  let began = 0;
  let before = 0;
  const visit: Parameters<typeof scanObject>[3] = (key, kind, from, to) => {
    if (kind === 'object') {
      const outer = prefix;
      if (outer === '') {
        began = from;
        before = line.labels.parsed.size;
      }
      prefix = nestedName(prefix, key);
      if (!mayHold(wanted, prefix)) {
        prefix = outer;
        return 'next';
      }
      return { leave: () => (prefix = outer) };
    }
    if (kind === 'null' || kind === 'array') return 'next';
    const name = prefix === '' ? nameOf(key) : nestedName(prefix, key);
    if (name === '') return 'next';
    const target = line.labels.parsedName(name);
    if (!isWanted(wanted, target) || line.labels.wasExtracted(target)) return 'next';
    line.labels.set(target, kind === 'string' ? jsonStringValue(line.source, from, to) : line.source.slice(from, to));
    return --missing === 0 ? 'stop' : 'next';
  };
  return (current) => {
    line = current;
    prefix = '';
    missing = wanted.names?.size ?? 0;
    if (wanted.names?.size === 0) return true;
    for (const name of wanted.names ?? []) if (line.labels.wasExtracted(name)) missing--;
    if (wanted.names !== null && missing === 0) return true;
    const problem = scanObject(line.source, line.from, line.to, visit, line.isAscii ? lengths : undefined);
    if (problem === undefined) return true;
    const isUnclosed = prefix !== '' && nestedEnd(line.source, began, line.to) === undefined;
    // Of a nested object that is not closed nothing is taken.
    if (isUnclosed) line.labels.forgetAfter(before);
    failParsing(line, 'JSONParserErr', isUnclosed ? unclosedObject : problem, wanted);
    return true;
  };
}

/** 1 at the length of each name. */
function nameLengths(names: ReadonlySet<string>): Uint8Array {
  const lengths = new Uint8Array(Math.max(0, ...[...names].map(({ length }) => length)) + 1);
  for (const { length } of names) lengths[length] = 1;
  return lengths;
}

/** Whether some wanted label begins with this. */
function mayHold({ names }: Wanted, prefix: string): boolean {
  if (names === null) return true;
  for (const name of names) if (name.startsWith(prefix)) return true;
  return false;
}

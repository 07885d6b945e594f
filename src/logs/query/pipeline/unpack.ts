import { jsonStringValue, scanObject } from './json-scanner.ts';
import { sanitizedName } from './label-name.ts';
import { failParsing } from './parse-failure.ts';
import { isWanted, type StageRun, type Wanted } from './stage.ts';

/** The field that holds the line itself. */
const entryKey = '_entry';

/** `| unpack`: labels and line that an agent had packed into an object. Without a packed line nothing is taken. */
export function compileUnpack(wanted: Wanted): StageRun {
  return (line) => {
    if (line.from === line.to || wanted.names?.size === 0) return true;
    const { labels, source } = line;
    if (source[line.from] !== '{') {
      failParsing(line, 'JSONParserErr', 'expecting json object(6), but it is not', wanted);
      return true;
    }
    const found: [string, string][] = [];
    let entry: string | undefined;
    const problem = scanObject(source, line.from, line.to, (key, kind, from, to) => {
      if (kind !== 'string') return 'next';
      const value = jsonStringValue(source, from, to);
      if (key === entryKey) entry = value;
      else {
        const name = labels.parsedName(key);
        if (isWanted(wanted, name) && !labels.wasExtracted(name)) found.push([sanitizedName(name), value]);
      }
      return 'next';
    });
    if (problem !== undefined) {
      failParsing(line, 'JSONParserErr', problem, wanted);
      return true;
    }
    if (entry === undefined) return true;
    for (const [name, value] of found) labels.set(name, value);
    line.replace(entry);
    return true;
  };
}

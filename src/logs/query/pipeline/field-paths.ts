import { scanObject } from './json-scanner.ts';
import { nestedName } from './label-name.ts';

/** Keys that lead to each label that `| json` makes of the line, the outermost first. The first field of a name counts, as there. */
export function jsonFieldPaths(line: string): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  const keys: string[] = [];
  const prefixes = [''];
  scanObject(line, 0, line.length, (key, kind) => {
    const name = nestedName(prefixes.at(-1)!, key);
    if (kind === 'object') {
      keys.push(key);
      prefixes.push(name);
      return {
        leave() {
          keys.pop();
          prefixes.pop();
        },
      };
    }
    if (kind !== 'null' && kind !== 'array' && name !== '' && !paths.has(name)) paths.set(name, [...keys, key]);
    return 'next';
  });
  return paths;
}

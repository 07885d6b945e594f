import { compilePattern } from '../regex/compile-pattern.ts';
import { sanitizedName } from './label-name.ts';

/** Calls `found` with the named groups of the first match, in their order; a group that took no part has the empty value. */
export type RegexpParser = (line: string, found: (name: string, value: string) => void) => void;

/** Throws an Error where the pattern is wrong, captures nothing by name, or a name twice. */
export function compileRegexpParser(pattern: string): RegexpParser {
  const names = [...pattern.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name]) => name!);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`duplicate extracted label name '${twice}'`);
  const compiled = compilePattern(pattern);
  const groups = Object.entries(compiled.namedGroups())
    .map(([name, group]) => ({ name: sanitizedName(name), group }))
    .sort((a, b) => a.group - b.group);
  if (groups.length === 0) throw new Error('at least one named capture must be supplied');
  return (line, found) => {
    const matcher = compiled.matcher(line);
    if (!matcher.find()) return;
    for (const { name, group } of groups) found(name, matcher.group(group) ?? '');
  };
}

import type { RE2JS } from 're2js';

const REFERENCE = /\$(?:\$|(\w+)|\{(\w+)\})/g;

/** Go's `ReplaceAllString`: `$1`, `${name}` and `$$` in the replacement; a group that is not there is empty. */
export function replaceAll(pattern: RE2JS, text: string, replacement: string): string {
  const names = pattern.namedGroups();
  let out = '';
  let last = 0;
  for (const matcher of matches(pattern, text)) {
    out += text.slice(last, matcher.start()) + expand(replacement, (name) => groupText(matcher, names, name));
    last = matcher.end();
  }
  return out + text.slice(last);
}

/** Matches one behind the other; as in Go, an empty one right behind another is none. */
export function* matches(pattern: RE2JS, text: string): Generator<ReturnType<RE2JS['matcher']>> {
  const matcher = pattern.matcher(text);
  let end = -1;
  while (matcher.find()) {
    if (matcher.end() === matcher.start() && matcher.start() === end) continue;
    end = matcher.end();
    yield matcher;
  }
}

/** A replacement with its references filled in. */
export function expand(replacement: string, group: (name: string) => string): string {
  return replacement.replace(REFERENCE, (whole, plain?: string, braced?: string) => {
    return whole === '$$' ? '$' : group((plain ?? braced)!);
  });
}

export function groupText(matcher: ReturnType<RE2JS['matcher']>, names: Record<string, number>, name: string): string {
  const group = /^\d+$/.test(name) ? Number(name) : names[name];
  if (group === undefined || group > matcher.groupCount()) return '';
  return matcher.group(group) ?? '';
}

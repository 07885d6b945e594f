import type { RE2JS } from 're2js';

const REFERENCE = /\$(?:\$|(\w+)|\{(\w+)\})/g;

/** Go's `ReplaceAllString`: `$1`, `${name}` and `$$` in the replacement; a group that is not there is empty. */
export function replaceAll(pattern: RE2JS, text: string, replacement: string): string {
  const matcher = pattern.matcher(text);
  const names = pattern.namedGroups();
  let out = '';
  let last = 0;
  while (matcher.find()) {
    out += text.slice(last, matcher.start()) + expand(replacement, (name) => groupText(matcher, names, name));
    last = matcher.end();
  }
  return out + text.slice(last);
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

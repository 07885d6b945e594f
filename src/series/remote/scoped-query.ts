import {
  allFeatures,
  children,
  createMatcher,
  type Expr,
  type Matcher,
  parse,
  print,
  type Scope,
} from '../query/query.ts';

/** What no value is. */
const matchesNothing = '[^\\x00-\\x{10FFFF}]';

/**
 * The query as it may be asked of a server that knows nothing of our callers: every selector also demands a namespace that the
 * caller may see. Throws ParseError, so that what is sent is a query and nothing else.
 */
export function scopedQuery(query: string, scope: Scope): string {
  const condition = scopeMatcher(scope);
  if (condition === undefined) return query;
  const expr = parse(query, allFeatures);
  narrow(expr, condition);
  return print(expr);
}

/** One of the selectors that `match[]` takes. */
export function scopedSelector(matchers: readonly Matcher[], scope: Scope): string {
  const condition = scopeMatcher(scope);
  const all = condition === undefined ? matchers : [...matchers, condition];
  return `{${all.join(',')}}`;
}

/** Undefined where everything may be seen. */
export function scopeMatcher({ namespaces }: Scope): Matcher | undefined {
  if (namespaces === '*') return undefined;
  const pattern = namespaces.filter((name) => name !== '').map(escaped);
  return createMatcher('=~', 'namespace', pattern.length === 0 ? matchesNothing : pattern.join('|'));
}

function narrow(expr: Expr, condition: Matcher): void {
  if (expr.kind === 'selector') expr.matchers.push(condition);
  for (const child of children(expr)) narrow(child, condition);
}

function escaped(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

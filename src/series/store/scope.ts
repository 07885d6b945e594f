import type { Matcher, Scope } from '../query/query.ts';
import { namespaceMatcher } from './head/match.ts';

/** The matchers with what the scope adds to them; undefined where the scope covers nothing. */
export function scopedMatchers(scope: Scope, matchers: readonly Matcher[]): readonly Matcher[] | undefined {
  if (scope.namespaces === '*') return matchers;
  return scope.namespaces.length === 0 ? undefined : [...matchers, namespaceMatcher(scope.namespaces)];
}

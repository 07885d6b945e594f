import type { RequestAttributes } from '../../../kubernetes/serve/serve.ts';

/** One rule of a role; `*` stands for all. */
export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  /** Plural names, with a slash and the subresource where one is meant; a star and a slash before a subresource: that of all. */
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

const none: readonly string[] = [];
const has = (list: readonly string[] | undefined, value: string) =>
  list !== undefined && (list.includes('*') || list.includes(value));

export function allows(rule: PolicyRule, attributes: RequestAttributes): boolean {
  const { verb, group, plural, subresource, name, path } = attributes;
  if (!has(rule.verbs, verb)) return false;
  if (path !== undefined) return (rule.nonResourceURLs ?? none).some((pattern) => isWithin(pattern, path));
  const { resourceNames = none } = rule;
  return (
    has(rule.apiGroups, group) &&
    allowsResource(rule.resources ?? none, subresource === '' ? plural : `${plural}/${subresource}`) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  );
}

function allowsResource(resources: readonly string[], wanted: string): boolean {
  const slash = wanted.indexOf('/');
  return has(resources, wanted) || (slash > 0 && resources.includes(`*${wanted.slice(slash)}`));
}

/** A star at the end of the pattern stands for whatever follows. */
function isWithin(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}

/** The parts of `asked` that `held` does not allow: each of one verb on one thing. Nobody may grant what they do not have. */
export function missingRules(held: readonly PolicyRule[], asked: readonly PolicyRule[]): PolicyRule[] {
  return asked.flatMap(partsOf).filter((part) => !held.some((rule) => includes(rule, part)));
}

/** Small enough that one rule either includes a part or does not. */
function partsOf(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = none, resources = none, resourceNames = none, nonResourceURLs = none } = rule;
  const paths = nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })));
  const names = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [undefined];
  const things = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.flatMap((name) =>
        verbs.map((verb) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name ? { resourceNames: name } : {}),
        })),
      ),
    ),
  );
  return [...paths, ...things];
}

function includes(rule: PolicyRule, part: PolicyRule): boolean {
  if (!has(rule.verbs, part.verbs[0]!)) return false;
  const path = part.nonResourceURLs?.[0];
  if (path !== undefined) return (rule.nonResourceURLs ?? none).some((pattern) => isWithin(pattern, path));
  const { resourceNames = none } = rule;
  const name = part.resourceNames?.[0];
  return (
    has(rule.apiGroups, part.apiGroups![0]!) &&
    allowsResource(rule.resources ?? none, part.resources![0]!) &&
    (resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name)))
  );
}

/** As refusals print a rule: {APIGroups:[""], Resources:["pods"], Verbs:["get"]} */
export function printRule({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ];
  const shown = parts.filter(([, values]) => values?.length);
  return `{${shown.map(([label, values]) => `${label}:[${values!.map((value) => JSON.stringify(value)).join(' ')}]`).join(', ')}}`;
}

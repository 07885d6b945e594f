import { createHash } from 'node:crypto';
import { compilePattern } from '../../query/query.ts';
import { expand, parseTemplate } from './expand.ts';

export const relabelActions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;
export type RelabelAction = (typeof relabelActions)[number];

/** One rule as prometheus.yml writes it, defaults filled in. */
export interface RelabelRule {
  action: RelabelAction;
  sourceLabels: readonly string[];
  separator: string;
  regex: string;
  modulus: number;
  targetLabel: string;
  replacement: string;
}

export const relabelDefaults: Omit<RelabelRule, 'sourceLabels'> = {
  action: 'replace',
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
};

/** A label without a value is not there. */
export type LabelMap = Map<string, string>;

/** Changes the labels; false: the target or sample is dropped. */
export type Relabel = (labels: LabelMap) => boolean;

/** Rules in their order, as Prometheus 3 applies them. Throws an Error that says what is wrong with a regular expression. */
export function compileRelabel(rules: readonly RelabelRule[]): Relabel {
  const steps = rules.map(compileRule);
  return (labels) => steps.every((step) => step(labels));
}

function compileRule(rule: RelabelRule): Relabel {
  const { sourceLabels, separator, targetLabel } = rule;
  const source = (labels: LabelMap) => sourceLabels.map((name) => labels.get(name) ?? '').join(separator);
  switch (rule.action) {
    case 'keepequal':
      return (labels) => (labels.get(targetLabel) ?? '') === source(labels);
    case 'dropequal':
      return (labels) => (labels.get(targetLabel) ?? '') !== source(labels);
    case 'hashmod':
      return (labels) => set(labels, targetLabel, hashModulo(source(labels), rule.modulus));
    case 'lowercase':
      return (labels) =>
        set(
          labels,
          targetLabel,
          mapCase(source(labels), (text) => text.toLowerCase()),
        );
    case 'uppercase':
      return (labels) =>
        set(
          labels,
          targetLabel,
          mapCase(source(labels), (text) => text.toUpperCase()),
        );
    default:
      return compileMatching(rule, source);
  }
}

/** The actions that need the regular expression. */
function compileMatching(rule: RelabelRule, source: (labels: LabelMap) => string): Relabel {
  const pattern = compilePattern(rule.regex);
  switch (rule.action) {
    case 'keep':
      return (labels) => pattern.matches(source(labels));
    case 'drop':
      return (labels) => !pattern.matches(source(labels));
    case 'labeldrop':
      return (labels) => removeNames(labels, (name) => pattern.matches(name));
    case 'labelkeep':
      return (labels) => removeNames(labels, (name) => !pattern.matches(name));
    case 'labelmap':
      return compileLabelMap(rule);
    default:
      return compileReplace(rule, source);
  }
}

function compileReplace(rule: RelabelRule, source: (labels: LabelMap) => string): Relabel {
  const groups = groupsOf(rule.regex);
  const target = parseTemplate(rule.targetLabel);
  const replacement = parseTemplate(rule.replacement);
  return (labels) => {
    const group = groups(source(labels));
    if (!group) return true;
    const name = expand(target, group);
    return name === '' || set(labels, name, expand(replacement, group));
  };
}

function compileLabelMap(rule: RelabelRule): Relabel {
  const groups = groupsOf(rule.regex);
  const replacement = parseTemplate(rule.replacement);
  return (labels) => {
    for (const [name, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const group = groups(name);
      if (group) set(labels, expand(replacement, group), value);
    }
    return true;
  };
}

/** Gives a text's groups by number or name; undefined where the whole text does not match. */
function groupsOf(regex: string): (text: string) => ((name: string) => string) | undefined {
  const pattern = compilePattern(regex);
  const numbers = new Map<string, number>(Object.entries(pattern.namedGroups()));
  for (let number = 0; number <= pattern.groupCount(); number++) numbers.set(String(number), number);
  return (text) => {
    const matcher = pattern.matcher(text);
    if (!matcher.matches()) return undefined;
    return (name) => {
      const number = numbers.get(name);
      return number === undefined ? '' : (matcher.group(number) ?? '');
    };
  };
}

function set(labels: LabelMap, name: string, value: string): true {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
  return true;
}

function removeNames(labels: LabelMap, wrong: (name: string) => boolean): true {
  for (const name of [...labels.keys()]) if (wrong(name)) labels.delete(name);
  return true;
}

/** The last eight bytes of the MD5 sum, so that targets are spread as every other Prometheus spreads them. */
function hashModulo(text: string, modulus: number): string {
  return String(createHash('md5').update(text).digest().readBigUInt64BE(8) % BigInt(modulus));
}

/** Character by character, as Go maps them: one that would become several stays, but for İ, whose small letter is i. */
function mapCase(text: string, map: (text: string) => string): string {
  if (/^[\0-\x7f]*$/.test(text)) return map(text);
  return [...text].map((character) => mappedCharacter(character, [...map(character)])).join('');
}

function mappedCharacter(character: string, mapped: readonly string[]): string {
  return mapped.length === 1 || character === 'İ' ? mapped[0]! : character;
}

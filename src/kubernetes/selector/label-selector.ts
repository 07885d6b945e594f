import { Fault } from '../../base/fault.ts';

export type LabelOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

/** One condition of a label selector; all of a selector's conditions must hold. */
export interface LabelRequirement {
  key: string;
  operator: LabelOperator;
  values: readonly string[];
}

export type LabelSelector = readonly LabelRequirement[];

/** `spec.selector` of workloads, as the API writes it. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export const selectorBytesMax = 16 * 1024;
export const requirementsMax = 500;

/** Of a label's name (what is before the slash aside) and of its value. */
const labelCharsMax = 63;
const keyPattern = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?$/;
const valuePattern = /^(?:[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?)?$/;

/** `app=web,tier in (a, b),!canary`. The empty text selects everything. Throws Fault `bad-request` that says where. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.length > selectorBytesMax)
    throw new Fault('bad-request', `label selector is longer than ${selectorBytesMax} characters`);
  const reader = new TokenReader(text);
  const requirements: LabelRequirement[] = [];
  if (reader.peek() === undefined) return requirements;
  for (;;) {
    requirements.push(parseRequirement(reader));
    if (requirements.length > requirementsMax) reader.fail(`at most ${requirementsMax} requirements are allowed`);
    const next = reader.next();
    if (next === undefined) return requirements;
    if (next !== ',') reader.fail(`found '${next}', expected: ',' or 'end of string'`);
  }
}

function parseRequirement(reader: TokenReader): LabelRequirement {
  const absent = reader.peek() === '!';
  if (absent) reader.next();
  const key = reader.next();
  if (key === undefined || !keyPattern.test(key) || nameOf(key).length > labelCharsMax)
    return reader.fail(`found '${key ?? ''}', expected: a label key`);
  if (absent) return { key, operator: 'DoesNotExist', values: [] };
  const operator = reader.peek();
  if (operator === undefined || operator === ',') return { key, operator: 'Exists', values: [] };
  reader.next();
  if (operator === '=' || operator === '==') return { key, operator: 'In', values: [exactValue(reader)] };
  if (operator === '!=') return { key, operator: 'NotIn', values: [exactValue(reader)] };
  if (operator === 'in') return { key, operator: 'In', values: valueList(reader) };
  if (operator === 'notin') return { key, operator: 'NotIn', values: valueList(reader) };
  if (operator === '>' || operator === '<') {
    const value = exactValue(reader);
    if (!/^-?\d{1,18}$/.test(value)) reader.fail(`found '${value}', expected: an integer`);
    return { key, operator: operator === '>' ? 'Gt' : 'Lt', values: [value] };
  }
  return reader.fail(`found '${operator}', expected: in, notin, =, ==, !=, >, <`);
}

function exactValue(reader: TokenReader): string {
  const next = reader.peek();
  if (next === undefined || next === ',') return '';
  reader.next();
  return checkedValue(reader, next);
}

function valueList(reader: TokenReader): string[] {
  const open = reader.next();
  if (open !== '(') return reader.fail(`found '${open ?? ''}', expected: '('`);
  const values: string[] = [];
  for (;;) {
    const next = reader.peek();
    if (next === ',' || next === ')') values.push('');
    else values.push(checkedValue(reader, reader.next() ?? reader.fail("found '', expected: ',' or ')'")));
    const separator = reader.next();
    if (separator === ')') return values;
    if (separator !== ',') reader.fail(`found '${separator ?? ''}', expected: ',' or ')'`);
  }
}

function checkedValue(reader: TokenReader, value: string): string {
  if (!valuePattern.test(value) || value.length > labelCharsMax) reader.fail(`'${value}' is not a label value`);
  return value;
}

/** Splits into words and operators; white space separates. */
class TokenReader {
  #tokens: string[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = text.match(/[^\s,()=!<>]+|==|!=|[,()=!<>]/g) ?? [];
  }
  peek(): string | undefined {
    return this.#tokens[this.#position];
  }
  next(): string | undefined {
    return this.#tokens[this.#position++];
  }
  fail(problem: string): never {
    throw new Fault('bad-request', `unable to parse requirement: ${problem}`);
  }
}

/** Throws Fault `bad-request` for an operator that does not exist. Undefined selects nothing, as workloads have it. */
export function labelSelectorOf(object: LabelSelectorObject | undefined | null): LabelSelector | undefined {
  if (!object) return undefined;
  const equal = Object.entries(object.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'In', values: [value] }),
  );
  const expressions = (object.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => {
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator))
      throw new Fault('bad-request', `"${operator}" is not a valid label selector operator`);
    return { key, operator: operator as LabelOperator, values: values ?? [] };
  });
  return [...equal, ...expressions].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The text form that parseLabelSelector reads. */
export function printLabelSelector(selector: LabelSelector): string {
  return selector
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      if (operator === 'Gt' || operator === 'Lt') return `${key}${operator === 'Gt' ? '>' : '<'}${values[0]}`;
      if (values.length === 1) return `${key}${operator === 'In' ? '=' : '!='}${values[0]}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
    })
    .join(',');
}

/** An absent key satisfies NotIn and DoesNotExist. */
export function matchesLabels(selector: LabelSelector, labels: Record<string, string> | undefined): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'NotIn') return value === undefined || !values.includes(value);
    if (value === undefined) return false;
    if (operator === 'Exists') return true;
    if (operator === 'In') return values.includes(value);
    if (!/^-?\d+$/.test(value)) return false;
    return operator === 'Gt' ? BigInt(value) > BigInt(values[0]!) : BigInt(value) < BigInt(values[0]!);
  });
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

import { Fault } from '../../base/fault.ts';
import { requirementsMax, selectorBytesMax } from './label-selector.ts';

export interface FieldRequirement {
  field: string;
  equal: boolean;
  value: string;
}

export type FieldSelector = readonly FieldRequirement[];

/** `status.phase!=Running,spec.nodeName=a`; a backslash escapes `,`, `=` and itself. Throws Fault `bad-request`. */
export function parseFieldSelector(text: string): FieldSelector {
  if (text.length > selectorBytesMax)
    throw new Fault('bad-request', `field selector is longer than ${selectorBytesMax} characters`);
  const terms = splitTerms(text).filter((term) => term !== '');
  if (terms.length > requirementsMax)
    throw new Fault('bad-request', `a field selector has at most ${requirementsMax} terms`);
  return terms.map((term) => {
    const match = /^((?:[^\\=!]|\\.)*?)(==|!=|=)(.*)$/s.exec(term);
    if (!match || match[1] === '')
      throw new Fault('bad-request', `invalid selector: '${term}'; can't understand '${term}'`);
    return { field: match[1]!, equal: match[2] !== '!=', value: unescaped(match[3]!, term) };
  });
}

export function printFieldSelector(selector: FieldSelector): string {
  return selector
    .map(({ field, equal, value }) => `${field}${equal ? '=' : '!='}${value.replace(/[\\,=]/g, '\\$&')}`)
    .join(',');
}

/** `fieldValue` gives a field's value as text, empty where it is not set. */
export function matchesFields(selector: FieldSelector, fieldValue: (field: string) => string): boolean {
  return selector.every(({ field, equal, value }) => (fieldValue(field) === value) === equal);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...terms, text.slice(from)];
}

function unescaped(value: string, term: string): string {
  const plain = value.replace(/\\(.)|\\$|=/gs, (found, escaped: string | undefined) => {
    if (escaped === undefined || !'\\,='.includes(escaped))
      throw new Fault(
        'bad-request',
        found === '='
          ? `invalid field selector: invalid value: unescaped character in value: = in '${term}'`
          : `invalid field selector: invalid escape sequence: ${found} in '${term}'`,
      );
    return escaped;
  });
  return plain;
}

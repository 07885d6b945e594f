import type { Extraction, LabelFormat, LineFilterOp, NamedMatcher, Stage } from './ast.ts';
import { checkStage } from './check-stage.ts';
import { parseLabelFilter } from './parse-label-filter.ts';
import { checkedMatcher } from './parse-selector.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

const lineFilterOps: ReadonlySet<string> = new Set(['|=', '!=', '|~', '!~', '|>', '!>']);

/** Whether a stage begins here; `| unwrap` is none. */
export function atStage(reader: TokenReader): boolean {
  return lineFilterOps.has(reader.kind()) || (reader.kind() === '|' && reader.kind(1) !== 'unwrap');
}

export function parseStage(reader: TokenReader): Stage {
  const start = reader.peek();
  const stage = lineFilterOps.has(reader.kind()) ? parseLineFilter(reader) : parsePiped(reader);
  checkStage(reader, start, stage);
  return stage;
}

function parseLineFilter(reader: TokenReader): Stage {
  const op = reader.take().kind as LineFilterOp;
  const terms = [parseTerm(reader)];
  while (reader.kind() === 'or') {
    reader.take();
    terms.push(parseTerm(reader));
  }
  return { kind: 'line_filter', op, terms };
}

function parseTerm(reader: TokenReader): { text: string; isIp: boolean } {
  if (reader.takeIf('ip') === undefined) return { text: reader.expect('string', 'ip').text, isIp: false };
  reader.expect('(');
  const { text } = reader.expect('string');
  reader.expect(')');
  return { text, isIp: true };
}

function parsePiped(reader: TokenReader): Stage {
  reader.expect('|');
  const word = reader.peek();
  switch (word.kind) {
    case 'json':
      reader.take();
      return { kind: 'json', extractions: parseExtractions(reader) };
    case 'logfmt':
      return parseLogfmt(reader);
    case 'regexp':
    case 'pattern':
      reader.take();
      return { kind: word.kind, pattern: reader.expect('string').text };
    case 'unpack':
    case 'decolorize':
      reader.take();
      return { kind: word.kind };
    case 'line_format':
      reader.take();
      return { kind: 'line_format', template: reader.expect('string').text };
    case 'label_format':
      reader.take();
      return { kind: 'label_format', formats: parseFormats(reader) };
    case 'drop':
    case 'keep':
      reader.take();
      return { kind: word.kind, labels: parseNamedMatchers(reader) };
  }
  return { kind: 'label_filter', filter: parseLabelFilter(reader) };
}

function parseLogfmt(reader: TokenReader): Stage {
  reader.take();
  const flags = new Set<string>();
  for (let flag = reader.takeIf('flag'); flag !== undefined; flag = reader.takeIf('flag')) flags.add(flag.text);
  const extractions = parseExtractions(reader);
  return { kind: 'logfmt', strict: flags.has('--strict'), keepEmpty: flags.has('--keep-empty'), extractions };
}

function parseExtractions(reader: TokenReader): Extraction[] {
  const extractions: Extraction[] = [];
  if (reader.kind() !== 'identifier') return extractions;
  do {
    const { text: name } = reader.expect('identifier');
    const expression = reader.takeIf('=') === undefined ? name : reader.expect('string').text;
    extractions.push({ name, expression });
  } while (reader.takeIf(',') !== undefined);
  return extractions;
}

function parseFormats(reader: TokenReader): LabelFormat[] {
  const formats: LabelFormat[] = [];
  do {
    const { text: name } = reader.expect('identifier');
    reader.expect('=');
    const from = reader.takeIf('identifier');
    formats.push(from ? { name, from: from.text } : { name, template: reader.expect('string', 'identifier').text });
  } while (reader.takeIf(',') !== undefined);
  return formats;
}

function parseNamedMatchers(reader: TokenReader): NamedMatcher[] {
  const labels: NamedMatcher[] = [];
  do {
    const { text: name } = reader.expect('identifier');
    const op = ['=', '!=', '=~', '!~'].includes(reader.kind()) ? (reader.take().kind as '=') : undefined;
    if (op === undefined) labels.push({ name });
    else {
      const value: Token = reader.expect('string');
      labels.push(checkedMatcher(reader, value, { name, op, value: value.text }));
    }
  } while (reader.takeIf(',') !== undefined);
  return labels;
}

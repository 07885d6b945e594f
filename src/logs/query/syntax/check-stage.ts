import { RE2JS } from 're2js';
import { messageOf } from '../../../base/fault.ts';
import { parseIpRange } from '../pipeline/ip-range.ts';
import { parseJsonPath } from '../pipeline/json-path.ts';
import { compilePatternFilter } from '../pipeline/pattern-filter.ts';
import { compilePatternParser } from '../pipeline/pattern-parser.ts';
import { compileRegexpParser } from '../pipeline/regexp-parser.ts';
import { compilePattern, patternError } from '../regex/compile-pattern.ts';
import { parseTemplate } from '../template/parse-template.ts';
import type { LabelFilter, LabelFormat, Stage } from './ast.ts';
import { printStage } from './print-stage.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

/** Refuses a regular expression of a label matcher. */
export function checkedPattern(reader: TokenReader, at: Token, pattern: string): void {
  const wrong = patternError(() => compilePattern(pattern, RE2JS.DOTALL));
  if (wrong !== undefined) reader.refuse(at, wrong);
}

/** Refuses a stage whose pattern, template, path or address cannot be read. */
export function checkStage(reader: TokenReader, at: Token, stage: Stage): void {
  const wrong = patternError(() => compileParts(stage));
  if (wrong === undefined) return;
  if (stage.kind === 'regexp' || stage.kind === 'pattern') reader.refuse(at, `invalid ${stage.kind} parser: ${wrong}`);
  reader.refuse(at, `stage '${printStage(stage)}' : ${wrong}`);
}

function compileParts(stage: Stage): void {
  switch (stage.kind) {
    case 'line_filter':
      for (const { text, isIp } of stage.terms) {
        if (isIp && stage.op !== '|=' && stage.op !== '!=') throw new Error('ip: invalid operation');
        if (isIp) parseIpRange(text);
        else if (stage.op === '|~' || stage.op === '!~') compilePattern(text);
        else if (stage.op === '|>' || stage.op === '!>') compilePatternFilter(text);
      }
      return;
    case 'json':
      for (const { expression } of stage.extractions) checkPath(expression);
      return;
    case 'logfmt':
      for (const { expression } of stage.extractions) checkField(expression);
      return;
    case 'regexp':
      compileRegexpParser(stage.pattern);
      return;
    case 'pattern':
      compilePatternParser(stage.pattern);
      return;
    case 'line_format':
      try {
        parseTemplate(stage.template);
      } catch (error) {
        throw new Error(`invalid line template: ${messageOf(error)}`);
      }
      return;
    case 'label_format':
      checkFormats(stage.formats);
      return;
    case 'label_filter':
      checkAddresses(stage.filter);
  }
}

function checkPath(expression: string): void {
  try {
    parseJsonPath(expression);
  } catch (error) {
    throw new Error(`cannot parse expression [${expression}]: ${messageOf(error)}`);
  }
}

function checkField(expression: string): void {
  if (expression === '' || /[\s="]/.test(expression)) {
    throw new Error(`cannot parse expression [${expression}]: a logfmt field name is expected`);
  }
}

function checkFormats(formats: readonly LabelFormat[]): void {
  const seen = new Set<string>();
  for (const format of formats) {
    const { name } = format;
    if (name === '__error__') throw new Error(`${name} cannot be formatted`);
    if (seen.has(name)) throw new Error(`multiple label name '${name}' not allowed in a single format operation`);
    seen.add(name);
    if (!('template' in format)) continue;
    try {
      parseTemplate(format.template);
    } catch (error) {
      throw new Error(`invalid template for label '${name}': ${messageOf(error)}`);
    }
  }
}

function checkAddresses(filter: LabelFilter): void {
  if (filter.kind === 'ip') parseIpRange(filter.value);
  if (filter.kind === 'and' || filter.kind === 'or') {
    checkAddresses(filter.left);
    checkAddresses(filter.right);
  }
}

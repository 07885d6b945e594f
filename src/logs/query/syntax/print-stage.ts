import { formatPlain } from '../../../base/go-float.ts';
import { formatByteCount } from '../text/byte-counts.ts';
import { formatDurationNs } from '../text/durations.ts';
import { quote } from '../text/quoted.ts';
import type { Extraction, LabelFilter, LabelFormat, Matcher, NamedMatcher, Stage, Unwrap } from './ast.ts';

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line_filter':
      return `${stage.op} ${stage.terms.map(({ text, isIp }) => (isIp ? `ip(${printText(text)})` : printText(text))).join(' or ')}`;
    case 'json':
      return `| json${printExtractions(stage.extractions)}`;
    case 'logfmt': {
      const flags = `${stage.strict ? ' --strict' : ''}${stage.keepEmpty ? ' --keep-empty' : ''}`;
      return `| logfmt${flags}${printExtractions(stage.extractions)}`;
    }
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${printText(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'label_filter':
      return `| ${printLabelFilter(stage.filter)}`;
    case 'line_format':
      return `| line_format ${printText(stage.template)}`;
    case 'label_format':
      return `| label_format ${stage.formats.map(printFormat).join(', ')}`;
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.labels.map(printNamed).join(', ')}`;
  }
}

export function printMatcher({ name, op, value }: Matcher): string {
  return `${name}${op}${printText(value)}`;
}

/** In backticks where that saves escapes: patterns and templates are full of them. */
function printText(text: string): string {
  return /[\\"]/.test(text) && !/[`\r]/.test(text) && !/\p{C}/u.test(text) ? `\`${text}\`` : quote(text);
}

function printExtractions(extractions: readonly Extraction[]): string {
  const shown = extractions.map(({ name, expression }) =>
    name === expression ? name : `${name}=${printText(expression)}`,
  );
  return shown.length === 0 ? '' : ` ${shown.join(', ')}`;
}

function printFormat(format: LabelFormat): string {
  return `${format.name}=${'from' in format ? format.from : printText(format.template)}`;
}

function printNamed(label: NamedMatcher): string {
  return 'op' in label ? printMatcher(label) : label.name;
}

export function printUnwrap({ label, conversion, filters }: Unwrap): string {
  const what = conversion === undefined ? label : `${conversion}(${label})`;
  return [`| unwrap ${what}`, ...filters.map((filter) => `| ${printLabelFilter(filter)}`)].join(' ');
}

export function printLabelFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'matcher':
      return printMatcher(filter);
    case 'ip':
      return `${filter.name}${filter.op}ip(${printText(filter.value)})`;
    case 'number':
      return `${filter.name}${filter.op}${formatPlain(filter.value)}`;
    case 'duration':
      return `${filter.name}${filter.op}${formatDurationNs(filter.value)}`;
    case 'bytes':
      return `${filter.name}${filter.op}${formatByteCount(filter.value)}`;
  }
  const rank = filter.kind === 'and' ? 2 : 1;
  const left = printLeg(filter.left, rank);
  return `${left} ${filter.kind} ${printLeg(filter.right, rank + 1)}`;
}

function printLeg(leg: LabelFilter, loosest: number): string {
  const rank = leg.kind === 'or' ? 1 : leg.kind === 'and' ? 2 : 3;
  return rank < loosest ? `(${printLabelFilter(leg)})` : printLabelFilter(leg);
}

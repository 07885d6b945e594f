import { formatGeneral, formatPlain } from '../../../base/go-float.ts';
import { formatDurationNs } from '../text/durations.ts';
import { quote } from '../text/quoted.ts';
import type { BinaryExpr, Expr, Grouping, LogExpr, LogRange, Matcher, MetricExpr } from './ast.ts';
import { precedences } from './binary-ops.ts';
import { printMatcher, printStage, printUnwrap } from './print-stage.ts';

/** A query on one line, in its canonical form: `parse` gives the same tree back, and printing that gives the same text. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'log':
      return printLog(expr);
    case 'range_aggregation': {
      const param = expr.param === undefined ? '' : `${formatPlain(expr.param)}, `;
      return `${expr.op}(${param}${printRange(expr.range)})${expr.grouping ? ` ${printGrouping(expr.grouping)}` : ''}`;
    }
    case 'vector_aggregation': {
      const grouping = expr.grouping ? ` ${printGrouping(expr.grouping)} ` : '';
      return `${expr.op}${grouping}(${expr.param === undefined ? '' : `${expr.param}, `}${print(expr.expr)})`;
    }
    case 'binary':
      return printBinary(expr);
    case 'literal':
      return formatGeneral(expr.value);
    case 'vector':
      return `vector(${formatGeneral(expr.value)})`;
    case 'label_replace': {
      const texts = [expr.target, expr.replacement, expr.source, expr.pattern].map(quote);
      return `label_replace(${[print(expr.expr), ...texts].join(', ')})`;
    }
    case 'variants':
      return `variants(${expr.variants.map(print).join(', ')}) of (${printRange(expr.of)})`;
  }
}

export function printSelector(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`;
}

function printLog({ matchers, stages }: LogExpr): string {
  return [printSelector(matchers), ...stages.map(printStage)].join(' ');
}

export function printInterval({ intervalNs, offsetNs }: LogRange): string {
  return `[${formatDurationNs(intervalNs)}]${offsetNs === 0 ? '' : ` offset ${formatDurationNs(offsetNs)}`}`;
}

function printRange(range: LogRange): string {
  const interval = printInterval(range);
  const parts = [...range.log.stages.map(printStage), ...(range.unwrap ? [printUnwrap(range.unwrap)] : [])];
  const selector = printSelector(range.log.matchers);
  return parts.length === 0 ? selector + interval : `${[selector, ...parts].join(' ')} ${interval}`;
}

export function printGrouping({ without, labels }: Grouping): string {
  return `${without ? 'without' : 'by'} (${labels.join(', ')})`;
}

/** The operator with all that stands between it and its right side. */
export function printOperator({ op, returnBool, matching }: BinaryExpr): string {
  const parts: string[] = [op];
  if (returnBool) parts.push('bool');
  if (matching) {
    parts.push(`${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')})`);
    if (matching.cardinality !== 'one-to-one') {
      const group = matching.cardinality === 'many-to-one' ? 'group_left' : 'group_right';
      // Without names, a parenthesis behind it would be read as its list.
      parts.push(`${group} (${matching.include.join(', ')})`);
    }
  }
  return parts.join(' ');
}

function printBinary(expr: BinaryExpr): string {
  const rank = precedences[expr.op]!;
  const [left, right] = expr.op === '^' ? [rank + 1, rank] : [rank, rank + 1];
  return `${printLeg(expr.lhs, left)} ${printOperator(expr)} ${printLeg(expr.rhs, right)}`;
}

export function needsParentheses(leg: MetricExpr, loosest: number): boolean {
  return leg.kind === 'binary' && precedences[leg.op]! < loosest;
}

function printLeg(leg: MetricExpr, loosest: number): string {
  return needsParentheses(leg, loosest) ? `(${print(leg)})` : print(leg);
}

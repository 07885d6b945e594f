import { formatGeneral, formatPlain } from '../../../base/go-float.ts';
import { quote } from '../../../base/go-quote.ts';
import { formatPrometheusDuration } from '../../../base/prometheus-duration.ts';
import { metricName } from '../labels/matcher.ts';
import type {
  Aggregation,
  Binary,
  DurationExpr,
  DurationOperand,
  Expr,
  NumberLiteral,
  Subquery,
  TimeModifiers,
  VectorSelector,
} from './ast.ts';

/** The query in its canonical form, which parses to the same expression and prints as itself. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr);
    case 'string':
      return quote(expr.value);
    case 'selector':
      return printSelector(expr);
    case 'range':
      return printRange(expr.selector, printDuration(expr.rangeMs, expr.rangeExpr));
    case 'subquery':
      return `${print(expr.expr)}${printSubquerySuffix(expr)}`;
    case 'call':
      return `${expr.name}(${expr.args.map(print).join(', ')})`;
    case 'aggregation':
      return `${printAggregationHead(expr)}(${expr.param === undefined ? '' : `${print(expr.param)}, `}${print(expr.expr)})`;
    case 'binary':
      return `${print(expr.lhs)} ${expr.op}${expr.returnBool ? ' bool' : ''}${printMatching(expr)} ${print(expr.rhs)}`;
    case 'unary':
      return expr.op + print(expr.expr);
    case 'paren':
      return `(${print(expr.expr)})`;
  }
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  return isDuration ? formatPrometheusDuration(value * 1000) : formatPlain(value);
}

function printSelector(selector: VectorSelector): string {
  const { name, matchers, anchored, smoothed } = selector;
  const inBraces = matchers
    .filter(
      (matcher) => matcher.name !== metricName || matcher.op !== '=' || matcher.value !== name || matcher.value === '',
    )
    .map((matcher) => matcher.toString())
    .sort();
  const braces = inBraces.length > 0 ? `{${inBraces.join(',')}}` : '';
  const extended = anchored ? ' anchored' : smoothed ? ' smoothed' : '';
  return `${name}${braces === '' && name === '' ? '{}' : braces}${printAt(selector)}${extended}${printOffset(selector)}`;
}

function printRange(selector: VectorSelector, range: string): string {
  const { offsetExpr: _, atMs: _at, atEdge: _edge, ...rest } = selector;
  const bare: VectorSelector = { ...rest, offsetMs: 0, anchored: false, smoothed: false };
  const extended = selector.anchored ? ' anchored' : selector.smoothed ? ' smoothed' : '';
  return `${printSelector(bare)}[${range}]${extended}${printAt(selector)}${printOffset(selector)}`;
}

function printAt({ atMs, atEdge }: TimeModifiers): string {
  if (atMs !== undefined) return ` @ ${(atMs / 1000).toFixed(3)}`;
  return atEdge === undefined ? '' : ` @ ${atEdge}()`;
}

function printOffset({ offsetMs, offsetExpr }: TimeModifiers): string {
  if (offsetExpr !== undefined) return ` offset ${printDurationExpr(offsetExpr)}`;
  return offsetMs === 0 ? '' : ` offset ${formatPrometheusDuration(offsetMs)}`;
}

function printDuration(milliseconds: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? formatPrometheusDuration(milliseconds) : printDurationExpr(expr);
}

function printDurationExpr(expr: DurationOperand): string {
  if (expr.kind === 'number') return printNumber(expr);
  const text = unwrapped(expr);
  return expr.wrapped ? `(${text})` : text;
}

function unwrapped({ op, lhs, rhs }: DurationExpr): string {
  if (op === 'step' || op === 'range') return `${op}()`;
  if (op === 'min_of' || op === 'max_of') return `${op}(${printDurationExpr(lhs!)}, ${printDurationExpr(rhs!)})`;
  if (lhs === undefined) return op === '-' ? `-${printDurationExpr(rhs!)}` : printDurationExpr(rhs!);
  return `${printDurationExpr(lhs)} ${op} ${printDurationExpr(rhs!)}`;
}

/** What stands before the parenthesis, with a space where there is a grouping. */
export function printAggregationHead({ op, grouping, without }: Aggregation): string {
  if (without) return `${op} without (${printLabels(grouping)}) `;
  return grouping.length > 0 ? `${op} by (${printLabels(grouping)}) ` : op;
}

/** `[range:step]` and what follows it. */
export function printSubquerySuffix(expr: Subquery): string {
  const step = expr.stepMs === 0 && expr.stepExpr === undefined ? '' : printDuration(expr.stepMs, expr.stepExpr);
  return `[${printDuration(expr.rangeMs, expr.rangeExpr)}:${step}]${printAt(expr)}${printOffset(expr)}`;
}

/** How the sides of an operator are matched, after a space; empty where nothing is said. */
export function printMatching({ matching }: Binary): string {
  if (matching === undefined) return '';
  const { cardinality, labels, on, include, fillLeft, fillRight } = matching;
  const grouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  let text = '';
  if (labels.length > 0 || on || grouped) text += ` ${on ? 'on' : 'ignoring'} (${printLabels(labels)})`;
  if (grouped) text += ` group_${cardinality === 'many-to-one' ? 'left' : 'right'} (${printLabels(include)})`;
  if (fillLeft !== undefined && fillLeft === fillRight) return `${text} fill (${formatGeneral(fillLeft)})`;
  if (fillLeft !== undefined) text += ` fill_left (${formatGeneral(fillLeft)})`;
  if (fillRight !== undefined) text += ` fill_right (${formatGeneral(fillRight)})`;
  return text;
}

function printLabels(names: string[]): string {
  return names.map((name) => (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name))).join(', ');
}

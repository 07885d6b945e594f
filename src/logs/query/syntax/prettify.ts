import type { Expr, LogRange, MetricExpr } from './ast.ts';
import { precedences } from './binary-ops.ts';
import { needsParentheses, print, printGrouping, printInterval, printOperator, printSelector } from './print.ts';
import { printStage, printUnwrap } from './print-stage.ts';

/** A part that fits within this many characters stays on one line. */
const lineCharsMax = 80;

/** A query in its canonical form, long parts on lines of their own. */
export function prettify(expr: Expr, indent = ''): string {
  const flat = print(expr);
  if (indent.length + flat.length <= lineCharsMax) return indent + flat;
  const deeper = `${indent}  `;
  switch (expr.kind) {
    case 'log':
      return [indent + printSelector(expr.matchers), ...expr.stages.map((stage) => deeper + printStage(stage))].join(
        '\n',
      );
    case 'range_aggregation': {
      const head = `${indent}${expr.op}(${expr.param === undefined ? '' : `${expr.param},`}`;
      return `${head}\n${prettyRange(expr.range, deeper)}\n${indent})${expr.grouping ? ` ${printGrouping(expr.grouping)}` : ''}`;
    }
    case 'vector_aggregation': {
      const head = `${indent}${expr.op}${expr.grouping ? ` ${printGrouping(expr.grouping)} ` : ''}(`;
      return `${head}${expr.param === undefined ? '' : `${expr.param},`}\n${prettify(expr.expr, deeper)}\n${indent})`;
    }
    case 'binary': {
      const rank = precedences[expr.op]!;
      const [left, right] = expr.op === '^' ? [rank + 1, rank] : [rank, rank + 1];
      return [prettyLeg(expr.lhs, left, indent), indent + printOperator(expr), prettyLeg(expr.rhs, right, indent)].join(
        '\n',
      );
    }
    case 'label_replace': {
      const texts = print({ ...expr, expr: { kind: 'literal', value: 0 } }).slice('label_replace(0'.length, -1);
      return `${indent}label_replace(\n${prettify(expr.expr, deeper)}${texts}\n${indent})`;
    }
    case 'variants': {
      const variants = expr.variants.map((one) => prettify(one, deeper)).join(',\n');
      return `${indent}variants(\n${variants}\n${indent}) of (\n${prettyRange(expr.of, deeper)}\n${indent})`;
    }
  }
  return indent + flat;
}

function prettyRange(range: LogRange, indent: string): string {
  const deeper = `${indent}  `;
  const parts = [...range.log.stages.map(printStage), ...(range.unwrap ? [printUnwrap(range.unwrap)] : [])];
  const lines = [indent + printSelector(range.log.matchers), ...parts.map((part) => deeper + part)];
  return `${lines.join('\n')}${parts.length === 0 ? '' : ' '}${printInterval(range)}`;
}

function prettyLeg(leg: MetricExpr, loosest: number, indent: string): string {
  return needsParentheses(leg, loosest)
    ? `${indent}(\n${prettify(leg, `${indent}  `)}\n${indent})`
    : prettify(leg, indent);
}

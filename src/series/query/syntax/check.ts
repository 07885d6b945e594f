import { quote } from '../../../base/go-quote.ts';
import { metricName } from '../labels/matcher.ts';
import type { Position } from '../text/position.ts';
import {
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  isComparison,
  isSetOp,
  type ValueType,
  type VectorSelector,
} from './ast.ts';
import { functions } from './functions.ts';
import { ParseError } from './parse-error.ts';

const documented: Record<ValueType, string> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** How messages name a type. */
export function documentedType(type: ValueType): string {
  return documented[type];
}

export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregation':
      return 'vector';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'call':
      return functions.get(expr.name)!.returns;
    case 'paren':
    case 'unary':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.lhs) === 'scalar' && typeOf(expr.rhs) === 'scalar' ? 'scalar' : 'vector';
  }
}

/** Refuses what parses but means nothing; also settles the cardinality of set operators. Throws ParseError. */
export function checkTypes(query: string, root: Expr): void {
  new TypeCheck(query).check(root);
}

class TypeCheck {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  check(expr: Expr): ValueType {
    switch (expr.kind) {
      case 'aggregation':
        this.#aggregation(expr);
        return 'vector';
      case 'binary':
        return this.#binary(expr);
      case 'call':
        this.#call(expr);
        return functions.get(expr.name)!.returns;
      case 'paren':
        return this.check(expr.expr);
      case 'unary':
        return this.#unary(expr.position, this.check(expr.expr));
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector')
          this.#fail(expr.position, `subquery is only allowed on instant vector, got ${type} instead`);
        return 'matrix';
      }
      case 'range':
        this.#selector(expr.selector);
        return 'matrix';
      case 'selector':
        this.#selector(expr);
        return 'vector';
      default:
        return typeOf(expr);
    }
  }

  #fail(position: Position, detail: string): never {
    throw new ParseError(this.#query, position, detail);
  }

  #expect(expr: Expr, wanted: ValueType, context: string): void {
    const type = this.check(expr);
    if (type === wanted) return;
    this.#fail(expr.position, `expected type ${documentedType(wanted)} in ${context}, got ${documentedType(type)}`);
  }

  #unary(position: Position, type: ValueType): ValueType {
    if (type === 'scalar' || type === 'vector') return type;
    const allowed = 'unary expression only allowed on expressions of type scalar or instant vector';
    return this.#fail(position, `${allowed}, got ${quote(documentedType(type))}`);
  }

  #aggregation(expr: Aggregation): void {
    this.#expect(expr.expr, 'vector', 'aggregation expression');
    if (expr.param === undefined) return;
    this.#expect(expr.param, expr.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  }

  #binary(expr: Binary): ValueType {
    const [left, right] = [this.check(expr.lhs), this.check(expr.rhs)];
    const { op, matching } = expr;
    if (expr.returnBool && !isComparison(op)) {
      this.#fail(this.#operator(expr), 'bool modifier can only be used on comparison operators');
    }
    if (isComparison(op) && !expr.returnBool && left === 'scalar' && right === 'scalar') {
      this.#fail(this.#operator(expr), 'comparisons between scalars must use BOOL modifier');
    }
    const twice = matching?.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
    if (twice !== undefined) {
      this.#fail(this.#operator(expr), `label ${quote(twice)} must not occur in ON and GROUP clause at once`);
    }
    for (const [side, type] of [[expr.lhs, left] as const, [expr.rhs, right] as const]) {
      if (type === 'scalar' || type === 'vector') continue;
      this.#fail(side.position, 'binary expression must contain only scalar and instant vector types');
    }
    this.#matching(expr, left === 'vector' && right === 'vector');
    return left === 'scalar' && right === 'scalar' ? 'scalar' : 'vector';
  }

  #matching(expr: Binary, betweenVectors: boolean): void {
    const { op, matching } = expr;
    if (matching === undefined) return;
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    if (!betweenVectors) {
      if (matching.labels.length > 0) this.#fail(expr.position, 'vector matching only allowed between instant vectors');
      if (fills) this.#fail(expr.position, 'filling in missing series only allowed between instant vectors');
      if (isSetOp(op)) this.#fail(expr.position, `set operator ${quote(op)} not allowed in binary scalar expression`);
      delete expr.matching;
    } else if (isSetOp(op)) {
      if (matching.cardinality === 'one-to-one') matching.cardinality = 'many-to-many';
      if (matching.cardinality !== 'many-to-many')
        this.#fail(expr.position, `no grouping allowed for ${quote(op)} operation`);
      if (fills) this.#fail(expr.position, 'filling in missing series not allowed for set operators');
    }
  }

  /** Where the operator stands, without the spaces around it. */
  #operator(expr: Binary): Position {
    let start = expr.lhs.position.end;
    while (/[ \t\r\n]/.test(this.#query[start] ?? '')) start++;
    return { start, end: expr.rhs.position.start };
  }

  #call(expr: Call): void {
    const { args: types, variadic } = functions.get(expr.name)!;
    const given = expr.args.length;
    const call = `argument(s) in call to ${quote(expr.name)}, got ${given}`;
    if (variadic === 0) {
      if (given !== types.length) this.#fail(expr.position, `expected ${types.length} ${call}`);
    } else {
      const least = types.length - 1;
      if (given < least) this.#fail(expr.position, `expected at least ${least} ${call}`);
      if (variadic > 0 && given > least + variadic)
        this.#fail(expr.position, `expected at most ${least + variadic} ${call}`);
    }
    if (expr.name === 'info' && expr.args[1] !== undefined) this.#infoSelector(expr, expr.args[1]);
    expr.args.forEach((arg, at) => {
      this.#expect(arg, types[Math.min(at, types.length - 1)]!, `call to function ${quote(expr.name)}`);
    });
  }

  #infoSelector(call: Call, arg: Expr): void {
    const type = typeOf(arg);
    if (type !== 'vector') {
      const got = `got ${documentedType(type)}`;
      this.#fail(call.position, `expected type ${documentedType('vector')} in call to function "info", ${got}`);
    }
    if (arg.kind !== 'selector') this.#fail(arg.position, 'expected label selectors only');
    if (arg.name !== '') this.#fail(arg.position, 'expected label selectors only, got vector selector instead');
    arg.mayMatchAll = true;
  }

  #selector(selector: VectorSelector): void {
    const { name, matchers, position } = selector;
    if (name !== '') {
      const other = matchers.slice(0, -1).find((matcher) => matcher.name === metricName);
      if (other !== undefined) {
        this.#fail(position, `metric name must not be set twice: ${quote(name)} or ${quote(other.value)}`);
      }
    } else if (!selector.mayMatchAll && !matchers.some((matcher) => !matcher.matches(''))) {
      this.#fail(position, 'vector selector must contain at least one non-empty matcher');
    }
  }
}

import { callFunction, type TemplateContext } from './functions.ts';
import { type GoValue, isTruthy, showValue } from './go-value.ts';
import type { Command, Operand, Pipe, Template, TemplateNode } from './template.ts';
import { checkedLength, TemplateError, templateStepsMax } from './template-error.ts';

/** Templates that call themselves end here. */
const callDepthMax = 100;

/** Runs a template. Throws TemplateError where it cannot be, or does too much. */
export function runTemplate(template: Template, context: TemplateContext): string {
  const run = new TemplateRun(template, context);
  run.list(template.nodes, context.labels as Map<string, GoValue>);
  return run.out;
}

/** The one label that a template gives back as it is, if it does nothing else. */
export function simpleField({ nodes }: Template): string | undefined {
  const [node] = nodes;
  if (nodes.length !== 1 || node?.kind !== 'action' || node.pipe.variables.length > 0) return undefined;
  const { commands } = node.pipe;
  const [operand] = commands[0]!.operands;
  const isSimple = commands.length === 1 && commands[0]!.operands.length === 1;
  return isSimple && operand?.kind === 'field' && operand.path.length === 1 ? operand.path[0] : undefined;
}

type Flow = 'on' | 'break' | 'continue';

/** One run. Invariant: `#scopes` are the variables in sight, the innermost last. */
class TemplateRun {
  out = '';
  readonly #template: Template;
  readonly #context: TemplateContext;
  #scopes: { name: string; value: GoValue }[];
  #steps = 0;
  #calls = 0;

  constructor(template: Template, context: TemplateContext) {
    this.#template = template;
    this.#context = context;
    this.#scopes = [{ name: '$', value: context.labels as Map<string, GoValue> }];
  }

  list(nodes: readonly TemplateNode[], dot: GoValue): Flow {
    const scope = this.#scopes.length;
    for (const node of nodes) {
      if (++this.#steps > templateStepsMax)
        throw new TemplateError(`the template does more than ${templateStepsMax} steps`);
      const flow = this.#node(node, dot);
      if (flow !== 'on') {
        this.#scopes.length = scope;
        return flow;
      }
    }
    this.#scopes.length = scope;
    return 'on';
  }

  #write(text: string): void {
    checkedLength(this.out.length + text.length);
    this.out += text;
  }

  #node(node: TemplateNode, dot: GoValue): Flow {
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return 'on';
      case 'action': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(showValue(value));
        return 'on';
      }
      case 'if':
      case 'with':
        return this.#branch(node, dot);
      case 'range':
        return this.#range(node, dot);
      case 'template':
        this.#call(node.name, node.pipe ? this.#pipe(node.pipe, dot) : undefined);
        return 'on';
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #branch(node: Extract<TemplateNode, { body: unknown }>, dot: GoValue): Flow {
    const scope = this.#scopes.length;
    const value = this.#pipe(node.pipe, dot);
    const flow = isTruthy(value)
      ? this.list(node.body, node.kind === 'with' ? value : dot)
      : this.list(node.otherwise, dot);
    this.#scopes.length = scope;
    return flow;
  }

  #range(node: Extract<TemplateNode, { body: unknown }>, dot: GoValue): Flow {
    const scope = this.#scopes.length;
    const value = this.#pipe({ ...node.pipe, variables: [] }, dot);
    const items = itemsOf(value);
    if (items.length === 0) return this.list(node.otherwise, dot);
    const { variables, declares } = node.pipe;
    for (const [key, item] of items) {
      const values = variables.length === 2 ? [key, item] : [item];
      variables.forEach((name, at) => {
        this.#assign(name, values[at], declares);
      });
      const flow = this.list(node.body, item);
      this.#scopes.length = declares ? scope : this.#scopes.length;
      if (flow === 'break') break;
    }
    this.#scopes.length = scope;
    return 'on';
  }

  #call(name: string, dot: GoValue): void {
    const nodes = Object.hasOwn(this.#template.definitions, name) ? this.#template.definitions[name] : undefined;
    if (nodes === undefined) throw new TemplateError(`template "${name}" not defined`);
    if (++this.#calls > callDepthMax) throw new TemplateError(`exceeded maximum template depth (${callDepthMax})`);
    const outer = this.#scopes;
    this.#scopes = [{ name: '$', value: dot }];
    this.list(nodes, dot);
    this.#scopes = outer;
    this.#calls--;
  }

  #assign(name: string, value: GoValue, declares: boolean): void {
    if (declares) this.#scopes.push({ name, value });
    else this.#variable(name).value = value;
  }

  #variable(name: string): { value: GoValue } {
    return this.#scopes.findLast((variable) => variable.name === name)!;
  }

  #pipe({ commands, variables, declares }: Pipe, dot: GoValue): GoValue {
    let value: GoValue;
    commands.forEach((command, at) => {
      value = this.#command(command, dot, at === 0 ? [] : [value]);
    });
    for (const name of variables) this.#assign(name, value, declares);
    return value;
  }

  #command({ operands }: Command, dot: GoValue, last: readonly GoValue[]): GoValue {
    const first = operands[0]!;
    if (++this.#steps > templateStepsMax)
      throw new TemplateError(`the template does more than ${templateStepsMax} steps`);
    if (first.kind !== 'function') {
      if (operands.length > 1 || last.length > 0) throw new TemplateError("can't give argument to non-function");
      return this.#operand(first, dot);
    }
    if (first.name === 'and' || first.name === 'or')
      return this.#shortCircuit(first.name, operands.slice(1), dot, last);
    const args = operands.slice(1).map((operand) => this.#operand(operand, dot));
    return callFunction(first.name, [...args, ...last], this.#context);
  }

  #shortCircuit(name: 'and' | 'or', operands: readonly Operand[], dot: GoValue, last: readonly GoValue[]): GoValue {
    if (operands.length + last.length === 0)
      throw new TemplateError(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: GoValue;
    for (const operand of operands) {
      value = this.#operand(operand, dot);
      if (isTruthy(value) === (name === 'or')) return value;
    }
    return last.length > 0 ? last[0] : value;
  }

  #operand(operand: Operand, dot: GoValue): GoValue {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return undefined;
      case 'constant':
      case 'float':
        return operand.value;
      case 'int':
        return BigInt(operand.digits);
      case 'field':
        return this.#fields(dot, operand.path);
      case 'variable':
        return this.#fields(this.#variable(operand.name).value, operand.path);
      case 'pipe':
        return this.#fields(this.#pipe(operand.pipe, dot), operand.path);
      case 'function':
        return this.#command({ operands: [operand] }, dot, []);
    }
  }

  #fields(from: GoValue, path: readonly string[]): GoValue {
    let value = from;
    let isLabels = from === this.#context.labels;
    for (const name of path) {
      if (!(value instanceof Map)) {
        if (value === undefined) throw new TemplateError(`nil data; no entry for key "${name}"`);
        throw new TemplateError(`can't evaluate field ${name} in type ${typeof value}`);
      }
      const next = value.get(name);
      // A label that a line does not have is empty; of JSON it is nil.
      value = next === undefined && isLabels ? '' : next;
      isLabels = false;
    }
    return value;
  }
}

function itemsOf(value: GoValue): [GoValue, GoValue][] {
  if (Array.isArray(value)) return value.map((item, at) => [BigInt(at), item]);
  if (value instanceof Map) return [...value.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  if (typeof value === 'bigint' && value <= BigInt(templateStepsMax)) {
    return Array.from({ length: Math.max(0, Number(value)) }, (_, at) => [BigInt(at), BigInt(at)]);
  }
  if (value === undefined) return [];
  throw new TemplateError(`range can't iterate over ${showValue(value)}`);
}

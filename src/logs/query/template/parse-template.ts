import { functionNames } from './function-names.ts';
import type { Command, Operand, Pipe, Template, TemplateNode } from './template.ts';
import { literalText, type TemplateToken, templateTokens } from './template-lexer.ts';

/** Actions within actions beyond this are refused. */
const templateDepthMax = 100;
const templateCharsMax = 64 * 1024;

/** Reads a template. Throws an Error that names what is wrong. */
export function parseTemplate(source: string): Template {
  if (source.length > templateCharsMax) throw new Error(`template: longer than ${templateCharsMax} characters`);
  const parser = new TemplateParser(templateTokens(source));
  return parser.parse();
}

type Ending = 'end' | 'else' | 'eof';

class TemplateParser {
  readonly #tokens: TemplateToken[];
  readonly #definitions: Record<string, TemplateNode[]> = Object.create(null);
  #variables = ['$'];
  #at = 0;
  #depth = 0;
  #loops = 0;

  constructor(tokens: TemplateToken[]) {
    this.#tokens = tokens;
  }

  parse(): Template {
    const { nodes, ending } = this.#list();
    if (ending !== 'eof') throw new Error(`template: unexpected {{${ending}}}`);
    return { nodes, definitions: this.#definitions };
  }

  get #token(): TemplateToken | undefined {
    return this.#tokens[this.#at];
  }

  #skipSpace(): boolean {
    if (this.#token?.kind !== 'space') return false;
    this.#at++;
    return true;
  }

  #list(): { nodes: TemplateNode[]; ending: Ending } {
    if (++this.#depth > templateDepthMax) throw new Error(`template: nested deeper than ${templateDepthMax}`);
    const nodes: TemplateNode[] = [];
    const scope = this.#variables.length;
    const done = (ending: Ending) => {
      this.#depth--;
      this.#variables.length = scope;
      return { nodes, ending };
    };
    for (;;) {
      const token = this.#token;
      if (token === undefined) return done('eof');
      this.#at++;
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      this.#skipSpace();
      const word = this.#token?.kind === 'word' ? this.#token.text : '';
      if (word === 'end') {
        this.#at++;
        this.#close();
        return done('end');
      }
      if (word === 'else') {
        this.#at++;
        this.#skipSpace();
        return done('else');
      }
      const node = this.#action(word);
      if (node) nodes.push(node);
    }
  }

  #action(word: string): TemplateNode | undefined {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        this.#at++;
        return this.#branch(word);
      case 'break':
      case 'continue':
        if (this.#loops === 0) throw new Error(`template: {{${word}}} outside {{range}}`);
        this.#at++;
        this.#close();
        return { kind: word };
      case 'define':
      case 'block':
        this.#at++;
        return this.#definition(word);
      case 'template':
        this.#at++;
        return this.#call();
    }
    const pipe = this.#pipe();
    this.#close();
    return { kind: 'action', pipe };
  }

  #branch(kind: 'if' | 'with' | 'range'): TemplateNode {
    const scope = this.#variables.length;
    const pipe = this.#pipe();
    this.#close();
    if (kind === 'range') this.#loops++;
    const { nodes: body, ending } = this.#list();
    if (kind === 'range') this.#loops--;
    const otherwise = ending === 'else' ? this.#otherwise(kind) : [];
    if (ending === 'eof') throw new Error('template: unexpected EOF');
    this.#variables.length = scope;
    return { kind, pipe, body, otherwise };
  }

  #otherwise(kind: 'if' | 'with' | 'range'): TemplateNode[] {
    const word = this.#token?.kind === 'word' ? this.#token.text : '';
    if (word === kind && word !== 'range') {
      this.#at++;
      if (++this.#depth > templateDepthMax) throw new Error(`template: nested deeper than ${templateDepthMax}`);
      const chained = this.#branch(kind);
      this.#depth--;
      return [chained];
    }
    this.#close();
    const { nodes, ending } = this.#list();
    if (ending !== 'end') throw new Error(`template: expected end; found ${ending}`);
    return nodes;
  }

  #definition(word: string): TemplateNode | undefined {
    const name = this.#name();
    const pipe = word === 'block' ? this.#pipe() : undefined;
    this.#close();
    const outer = this.#variables;
    this.#variables = ['$'];
    const { nodes, ending } = this.#list();
    this.#variables = outer;
    if (ending !== 'end') throw new Error('template: unexpected EOF');
    this.#definitions[name] = nodes;
    return pipe && { kind: 'template', name, pipe };
  }

  #call(): TemplateNode {
    const name = this.#name();
    const pipe = this.#token?.kind === 'close' ? undefined : this.#pipe();
    this.#close();
    return { kind: 'template', name, ...(pipe ? { pipe } : {}) };
  }

  #name(): string {
    this.#skipSpace();
    const token = this.#token;
    if (token?.kind !== 'string') throw new Error('template: a name in quotes is expected');
    this.#at++;
    this.#skipSpace();
    return literalText(token);
  }

  #close(): void {
    this.#skipSpace();
    if (this.#token?.kind !== 'close') throw this.#unexpected('command');
    this.#at++;
  }

  #unexpected(context: string): Error {
    const shown = this.#token === undefined ? 'EOF' : JSON.stringify(this.#token.text);
    return new Error(`template: unexpected ${shown} in ${context}`);
  }

  #pipe(): Pipe {
    const { variables, declares } = this.#assigned();
    const commands = [this.#command()];
    for (this.#skipSpace(); this.#token?.text === '|'; this.#skipSpace()) {
      this.#at++;
      commands.push(this.#command());
    }
    for (const command of commands.slice(1)) {
      const { kind } = command.operands[0]!;
      if (kind !== 'function' && kind !== 'field' && kind !== 'variable' && kind !== 'pipe') {
        throw new Error('template: non executable command in pipeline');
      }
    }
    if (declares) this.#variables.push(...variables);
    return { variables, declares, commands };
  }

  /** `$a :=`, `$i, $a :=`, `$a =`. */
  #assigned(): { variables: string[]; declares: boolean } {
    const from = this.#at;
    const variables: string[] = [];
    for (;;) {
      this.#skipSpace();
      if (this.#token?.kind !== 'variable') break;
      variables.push(this.#token.text);
      this.#at++;
      this.#skipSpace();
      const sign = this.#token?.text;
      if (sign === ':=' || sign === '=') {
        this.#at++;
        for (const name of variables) if (sign === '=') this.#known(name);
        return { variables, declares: sign === ':=' };
      }
      if (sign !== ',' || variables.length > 1) break;
      this.#at++;
    }
    this.#at = from;
    return { variables: [], declares: false };
  }

  #known(name: string): void {
    if (!this.#variables.includes(name)) throw new Error(`template: undefined variable "${name}"`);
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const token = this.#token;
      if (token === undefined) throw new Error('template: unclosed action');
      if (token.kind === 'close' || token.text === '|' || token.text === ')') break;
      operands.push(this.#operand());
      const { kind, text } = this.#token ?? { kind: 'text', text: '' };
      if (kind !== 'space' && kind !== 'close' && text !== '|' && text !== ')') throw this.#unexpected('operand');
    }
    if (operands.length === 0) throw new Error('template: missing value for command');
    return { operands };
  }

  #operand(): Operand {
    const token = this.#token!;
    this.#at++;
    switch (token.kind) {
      case 'word':
        return this.#word(token.text);
      case 'string':
        return { kind: 'constant', value: literalText(token) };
      case 'char':
        return { kind: 'int', digits: String(literalText(token).codePointAt(0)) };
      case 'number':
        return numberOperand(token.text);
      case 'field':
        return { kind: 'field', path: [token.text.slice(1), ...this.#fields()] };
      case 'dot':
        return { kind: 'dot' };
      case 'variable':
        this.#known(token.text);
        return { kind: 'variable', name: token.text, path: this.#fields() };
    }
    if (token.text !== '(') {
      this.#at--;
      throw this.#unexpected('operand');
    }
    if (++this.#depth > templateDepthMax) throw new Error(`template: nested deeper than ${templateDepthMax}`);
    const pipe = this.#pipe();
    this.#depth--;
    this.#skipSpace();
    if (this.#token?.text !== ')') throw new Error('template: unclosed left paren');
    this.#at++;
    return { kind: 'pipe', pipe, path: this.#fields() };
  }

  #word(text: string): Operand {
    if (text === 'true' || text === 'false') return { kind: 'constant', value: text === 'true' };
    if (text === 'nil') return { kind: 'nil' };
    if (!functionNames.has(text)) throw new Error(`template: function "${text}" not defined`);
    return { kind: 'function', name: text };
  }

  #fields(): string[] {
    const path: string[] = [];
    for (; this.#token?.kind === 'field'; this.#at++) path.push(this.#token.text.slice(1));
    return path;
  }
}

function numberOperand(text: string): Operand {
  const plain = text.replaceAll('_', '');
  if (/^[+-]?(?:\d+|0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/.test(plain)) {
    const magnitude = BigInt(plain.replace(/^[+-]/, ''));
    return { kind: 'int', digits: String(plain.startsWith('-') ? -magnitude : magnitude) };
  }
  return { kind: 'float', value: Number(plain) };
}

/** Labels that a template reads; undefined where it may read any of them. */
export function templateFields({ nodes, definitions }: Template): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  let readsAll = Object.keys(definitions).length > 0;
  const pipe = ({ commands }: Pipe): void => {
    for (const { operands } of commands) for (const operand of operands) visit(operand);
  };
  const visit = (operand: Operand): void => {
    if (operand.kind === 'field') names.add(operand.path[0]!);
    else if (operand.kind === 'dot') readsAll = true;
    else if (operand.kind === 'variable' && operand.name === '$') {
      if (operand.path.length === 0) readsAll = true;
      else names.add(operand.path[0]!);
    } else if (operand.kind === 'pipe') pipe(operand.pipe);
  };
  const list = (all: readonly TemplateNode[]): void => {
    for (const node of all) {
      if (node.kind === 'action') pipe(node.pipe);
      else if (node.kind === 'template') readsAll = true;
      else if ('body' in node) {
        pipe(node.pipe);
        list(node.body);
        list(node.otherwise);
      }
    }
  };
  list(nodes);
  return readsAll ? undefined : names;
}

/** A template of `line_format` or `label_format` as plain data: Go's text/template, parsed. */
export type TemplateNode =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipe: Pipe }
  | { kind: 'if' | 'with' | 'range'; pipe: Pipe; body: TemplateNode[]; otherwise: TemplateNode[] }
  | { kind: 'template'; name: string; pipe?: Pipe }
  | { kind: 'break' | 'continue' };

/** Commands, each given the value of the one before as its last argument; with variables that take the result. */
export interface Pipe {
  variables: string[];
  /** `:=`, or `=` for variables that exist. */
  declares: boolean;
  commands: Command[];
}

/** A function with its arguments, or one operand. */
export interface Command {
  operands: Operand[];
}

export type Operand =
  | { kind: 'function'; name: string }
  | { kind: 'dot' }
  | { kind: 'nil' }
  | { kind: 'constant'; value: string | boolean }
  | { kind: 'int'; digits: string }
  | { kind: 'float'; value: number }
  /** `.a.b`, `$x.a`, `(…).a`. */
  | { kind: 'field'; path: string[] }
  | { kind: 'variable'; name: string; path: string[] }
  | { kind: 'pipe'; pipe: Pipe; path: string[] };

export interface Template {
  nodes: TemplateNode[];
  /** `{{define "name"}}`. */
  definitions: Record<string, TemplateNode[]>;
}

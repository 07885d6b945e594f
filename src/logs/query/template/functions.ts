import { messageOf } from '../../../base/fault.ts';
import { builtinFunctions } from './builtin-functions.ts';
import { dateFunctions } from './date-functions.ts';
import type { GoValue } from './go-value.ts';
import { numberFunctions } from './number-functions.ts';
import { TemplateError } from './template-error.ts';
import { textFunctions } from './text-functions.ts';

export interface TemplateFunction {
  /** The fewest and the most arguments. */
  arity: readonly [number, number];
  run(args: readonly GoValue[], context: TemplateContext): GoValue;
}

/** What a template sees besides its own text. */
export interface TemplateContext {
  labels: ReadonlyMap<string, GoValue>;
  line(): string;
  timeNs: bigint;
}

const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['__line__', { arity: [0, 0], run: (_, context) => context.line() }],
  ['__timestamp__', { arity: [0, 0], run: (_, { timeNs }) => ({ ns: timeNs, zone: 'UTC' }) }],
  ...builtinFunctions,
  ...textFunctions,
  ...numberFunctions,
  ...dateFunctions,
]);

export function callFunction(name: string, args: readonly GoValue[], context: TemplateContext): GoValue {
  const { arity, run } = functions.get(name)!;
  const [fewest, most] = arity;
  if (args.length < fewest || args.length > most) {
    const want = fewest === most ? `want ${fewest}` : `want at least ${fewest}`;
    throw new TemplateError(`wrong number of args for ${name}: ${want} got ${args.length}`);
  }
  try {
    return run(args, context);
  } catch (error) {
    throw new TemplateError(
      error instanceof TemplateError ? error.message : `error calling ${name}: ${messageOf(error)}`,
    );
  }
}

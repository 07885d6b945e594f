import { parseArgs } from 'node:util';

/** A flag as data: what commander makes an option of, and `plainFlags` reads without it. */
export interface Flag {
  /** As typed, without the dashes; the variable and the property are named after it. */
  name: string;
  /** What stands for the value in help, such as `<dir>`; a flag without one is a switch. */
  value?: string;
  description: string;
  parse?: (text: string) => unknown;
  default?: unknown;
  /** The default as help words it. */
  shown?: string;
}

/**
 * Reads a command line of these flags and their variables where it is in order, by the properties that commander would give it. Undefined where
 * anything is not as usual (help, a mistake, a configuration file): that is commander's to answer, which takes 4 MB of memory.
 */
export function plainFlags(
  flags: readonly Flag[],
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): Record<string, unknown> | undefined {
  if (environment.TAFFRAIL_CONFIG !== undefined) return undefined;
  try {
    const options = Object.fromEntries(
      flags.map(({ name, value }) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const) },
      ]),
    );
    const { values } = parseArgs({ args: [...argv], options });
    return Object.fromEntries(
      flags.flatMap((flag) => {
        const given = values[flag.name] ?? fromEnvironment(flag, environment) ?? flag.default;
        const value = typeof given === 'string' && flag.parse ? flag.parse(given) : given;
        return value === undefined ? [] : [[propertyOf(flag.name), value]];
      }),
    );
  } catch {
    return undefined;
  }
}

export function variableOf(name: string): string {
  return `TAFFRAIL_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** A switch is on where its variable is there at all. */
function fromEnvironment({ name, value }: Flag, environment: NodeJS.ProcessEnv): string | true | undefined {
  const text = environment[variableOf(name)];
  return text !== undefined && value === undefined ? true : text;
}

function propertyOf(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

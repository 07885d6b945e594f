import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { Fault, messageOf } from '../base/fault.ts';
import { isBadValue } from './bad-value.ts';
import { variableOf } from './plain-flags.ts';

/**
 * One setting, three places: the flag `--log-max-size`, the variable `TAFFRAIL_LOG_MAX_SIZE`, the key `log-max-size` of the
 * file that --config names. The flag wins over the variable, the variable over the file.
 */
export function setting<T>(
  flags: string,
  description: string,
  options: { parse?: (text: string, before: T) => T; default?: T; shown?: string } = {},
): Option {
  const option = new Option(flags, description);
  if (options.parse) option.argParser(options.parse);
  if (options.default !== undefined) option.default(options.default, options.shown);
  return option.env(variableOf(option.name()));
}

export const configOption = new Option('--config <file>', 'a YAML file of settings, each key named like its flag').env(
  'TAFFRAIL_CONFIG',
);

/** Reads the file that --config names into the command's options. Throws Fault `usage` that names file, line and key. */
export async function applyConfigFile(command: Command): Promise<void> {
  const path = command.opts().config as string | undefined;
  if (path === undefined) return;
  // Loaded only where there is a file: the agent's memory counts.
  const { isMap, isNode, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax) throw new Fault('usage', `${path}:${lines.linePos(syntax.pos[0]).line}: ${syntax.message}`);
  if (document.contents === null) return;
  if (!isMap(document.contents)) throw new Fault('usage', `${path}: wants keys and values, like "port: 7100"`);
  const values = document.toJS() as Record<string, unknown>;
  for (const { key } of document.contents.items) {
    const line = isNode(key) && key.range ? lines.linePos(key.range[0]).line : 1;
    applyValue(command, String(key), values[String(key)], `${path}:${line}: ${key}`);
  }
}

function applyValue(command: Command, key: string, value: unknown, where: string): void {
  const option = command.options.find((candidate) => isNamed(candidate, key) && candidate !== configOption);
  if (!option) {
    const known = command.options.map((one) => one.name()).filter((name) => name !== 'config');
    throw new Fault('usage', `${where}: there is no such setting; ${command.name()} knows ${known.join(', ')}`);
  }
  const source = command.getOptionValueSource(option.attributeName());
  if (source === 'cli' || source === 'env') return;
  const parsed = parsedValue(option, value, where);
  command.setOptionValueWithSource(option.attributeName(), key.startsWith('no-') ? !parsed : parsed, 'config');
}

function parsedValue(option: Option, value: unknown, where: string): unknown {
  if (option.isBoolean() || option.negate) {
    if (typeof value !== 'boolean')
      throw new Fault('usage', `${where}: wants true or false, not ${JSON.stringify(value)}`);
    return value;
  }
  const texts = Array.isArray(value) ? value : [value];
  let result: unknown;
  for (const text of texts) {
    if (text === null || typeof text === 'object')
      throw new Fault('usage', `${where}: wants a value, not ${JSON.stringify(value)}`);
    try {
      result = option.parseArg ? option.parseArg(String(text), result as never) : String(text);
    } catch (error) {
      if (!isBadValue(error)) throw error;
      throw new Fault('usage', `${where}: ${JSON.stringify(text)} ${error.message}`);
    }
  }
  return result;
}

/** `--no-examples` is `no-examples: true`, or `examples: false`. */
function isNamed(option: Option, key: string): boolean {
  return option.name() === key || (option.negate && option.name() === `no-${key}`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('usage', `--config ${path}: ${messageOf(error)}`);
  }
}

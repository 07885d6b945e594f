import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { Fault, messageOf } from '../../base/fault.ts';

/** A mapping of a kubeconfig, with the place that messages name. */
export interface Section {
  file: string;
  /** As in users[alice].user */
  at: string;
  fields: Record<string, unknown>;
}

export interface Kubeconfig {
  currentContext: string | undefined;
  clusters: Map<string, Section>;
  contexts: Map<string, Section>;
  users: Map<string, Section>;
}

/** The first file that names a thing wins, as in kubectl; files that do not exist are passed over by the caller. */
export function readKubeconfigs(files: readonly string[]): Kubeconfig {
  const merged: Kubeconfig = {
    currentContext: undefined,
    clusters: new Map(),
    contexts: new Map(),
    users: new Map(),
  };
  for (const file of files) {
    const one = parseKubeconfig(readText(file), file);
    merged.currentContext ??= one.currentContext;
    for (const kind of ['clusters', 'contexts', 'users'] as const) {
      for (const [name, section] of one[kind]) if (!merged[kind].has(name)) merged[kind].set(name, section);
    }
  }
  return merged;
}

/** Throws Fault `usage` that names the file and the key, or the line where it is not YAML. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) {
    const line = problem.linePos?.[0].line;
    throw new Fault('usage', `${file}${line === undefined ? '' : `:${line}`}: ${problem.message.split('\n')[0]}`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Fault('usage', `${file}: ${messageOf(error)}`);
  }
  const root: Section = { file, at: '', fields: asMapping(value ?? {}, file, 'the file') };
  return {
    currentContext: optionalText(root, 'current-context'),
    clusters: namedSections(root, 'clusters', 'cluster'),
    contexts: namedSections(root, 'contexts', 'context'),
    users: namedSections(root, 'users', 'user'),
  };
}

/** Undefined where it is absent or empty, as kubectl treats it. */
export function optionalText(section: Section, key: string): string | undefined {
  const value = section.fields[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(section, key, `must be a text, not ${describe(value)}`);
  return value;
}

export function requiredText(section: Section, key: string): string {
  const value = optionalText(section, key);
  if (value === undefined) throw wrong(section, key, 'is missing');
  return value;
}

export function optionalFlag(section: Section, key: string): boolean {
  const value = section.fields[key] ?? false;
  if (typeof value !== 'boolean') throw wrong(section, key, `must be true or false, not ${describe(value)}`);
  return value;
}

export function optionalSection(section: Section, key: string): Section | undefined {
  const value = section.fields[key];
  if (value === undefined || value === null) return undefined;
  const at = pathOf(section, key);
  return { file: section.file, at, fields: asMapping(value, section.file, at) };
}

export function listOf(section: Section, key: string): unknown[] {
  const value = section.fields[key] ?? [];
  if (!Array.isArray(value)) throw wrong(section, key, `must be a list, not ${describe(value)}`);
  return value;
}

export function wrong(section: Section, key: string, what: string, hint?: string): Fault {
  return new Fault('usage', `${section.file}: ${pathOf(section, key)} ${what}`, hint === undefined ? {} : { hint });
}

export function pathOf(section: Section, key: string): string {
  return section.at === '' ? key : `${section.at}.${key}`;
}

function namedSections(root: Section, list: string, key: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  for (const [i, value] of listOf(root, list).entries()) {
    const entry: Section = {
      file: root.file,
      at: `${list}[${i}]`,
      fields: asMapping(value, root.file, `${list}[${i}]`),
    };
    const name = requiredText(entry, 'name');
    entry.at = `${list}[${name}]`;
    const section = optionalSection(entry, key) ?? { file: root.file, at: `${entry.at}.${key}`, fields: {} };
    if (!sections.has(name)) sections.set(name, section);
  }
  return sections;
}

function asMapping(value: unknown, file: string, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('usage', `${file}: ${at} must be a mapping, not ${describe(value)}`);
  }
  return value as Record<string, unknown>;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Fault('usage', `the kubeconfig ${file} cannot be read: ${messageOf(error)}`);
  }
}

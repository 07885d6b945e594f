import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  duplicateSuffix,
  type Expr,
  jsonFieldPaths,
  parse,
  print,
  rangeQuery,
  type StreamResult,
} from '../../query/query.ts';
import { type FieldType, fieldType } from './field-types.ts';
import { bad, type Parameters } from './parameters.ts';
import { runAsked, type Surroundings } from './surroundings.ts';

/** Lines in which fields are looked for: what is asked for, and at most. */
const linesDefault = 100;
/** Lines are looked at by the format that they seem to have; the others have their metadata. */
const looks = [
  { filter: '|~ `^\\s*\\{`', parser: 'json' },
  { filter: '!~ `^\\s*\\{` |~ `\\w+=`', parser: 'logfmt' },
  { filter: '!~ `^\\s*\\{` !~ `\\w+=`', parser: undefined },
];
const errorNames = new Set(['__error__', '__error_details__']);

interface Field {
  parsers: Set<string>;
  values: Set<string>;
  type: FieldType;
  /** Keys that lead to it in a line of JSON. */
  jsonPath?: string[];
}

/** Fields of the latest lines of a query: what the lines' own format tells, and what the query's parsers made. */
export async function detectedFields(
  parts: Surroundings,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Parameters,
): Promise<Map<string, Field>> {
  const { clock, settings } = parts;
  const expr = logQuery(parameters.text('query'));
  const limit = Math.min(parameters.whole('line_limit', linesDefault), settings.entriesMax);
  const range = parameters.range();
  const options = { clock, entriesMax: settings.entriesMax, timeoutMs: settings.timeoutMs };
  const asked = { kind: 'fields', query: parameters.text('query'), range } as const;
  return runAsked(parts, { request, reply }, asked, async ({ scope, source, signal }) => {
    const fields = new Map<string, Field>();
    for (const { filter, parser } of looks) {
      const query = `${print(expr)} ${filter}${parser === undefined ? '' : ` | ${parser}`}`;
      const { value } = await rangeQuery({ query, ...range, stepNs: 0, limit, scope, source, signal }, options);
      if (value.type === 'streams') addFields(fields, value.streams, parser);
    }
    return fields;
  });
}

function addFields(fields: Map<string, Field>, streams: readonly StreamResult[], parser: string | undefined): void {
  const add = (name: string, value: string, from: string | undefined) => {
    if (errorNames.has(name)) return;
    const field = fields.get(name) ?? { parsers: new Set(), values: new Set(), type: fieldType(value) };
    if (from !== undefined) field.parsers.add(from);
    field.values.add(value);
    fields.set(name, field);
  };
  for (const { categorized, entries } of streams) {
    for (const [name, value] of Object.entries(categorized.metadata)) add(name, value, undefined);
    const parsed = Object.entries(categorized.parsed);
    for (const [name, value] of parsed) add(name, value, parser);
    const names = parsed.map(([name]) => name);
    if (parser === 'json' && entries[0]) addJsonPaths(fields, names, entries[0].line);
  }
}

/** Lines that have the same labels have them from the same places, so that one of them is enough. */
function addJsonPaths(fields: Map<string, Field>, names: readonly string[], line: string): void {
  const lacking = names.filter((name) => fields.get(name)?.jsonPath === undefined);
  if (lacking.length === 0) return;
  const paths = jsonFieldPaths(line);
  for (const name of lacking) {
    const field = fields.get(name);
    const jsonPath = paths.get(name) ?? paths.get(withoutSuffix(name));
    if (field && jsonPath) field.jsonPath = jsonPath;
  }
}

function withoutSuffix(name: string): string {
  return name.endsWith(duplicateSuffix) ? name.slice(0, -duplicateSuffix.length) : name;
}

function logQuery(text: string): Expr {
  const expr = parse(text);
  if (expr.kind !== 'log') throw bad('only log selector is supported');
  return expr;
}

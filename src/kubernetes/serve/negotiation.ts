import { notAcceptable } from './status.ts';

/** How an answer is wanted: the syntax, and whether the object itself or another view of it. */
export interface Representation {
  format: 'json' | 'yaml' | 'protobuf';
  /** `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList` or `APIGroupDiscoveryList`, with its group and version. */
  as?: { kind: string; group: string; version: string };
  pretty: boolean;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

export const acceptedTypes = ['application/json', 'application/yaml'] as const;
const rangesMax = 50;
/** Clients say the same each time. */
const headersKeptMax = 100;
const keptHeaderLengthMax = 1000;
const kept = new Map<string, readonly MediaRange[]>();

const formats: Record<string, Representation['format']> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
};
const protobufType = 'application/vnd.kubernetes.protobuf';

/**
 * Takes the best range of the Accept header that can be served; `offers` says which views there are (`kind.version.group`).
 * Protobuf is offered where the caller says so, and never of a view: every client that asks for it also takes JSON.
 * Throws 406 when nothing fits.
 */
export function negotiate(
  accept: string | undefined,
  offers: ReadonlySet<string>,
  pretty = false,
  protobuf = false,
): Representation {
  for (const { type, parameters } of parseAccept(accept ?? '*/*')) {
    const { as: kind, v: version = '', g: group = '' } = parameters;
    if (protobuf && type === protobufType && kind === undefined) return { format: 'protobuf', pretty };
    const format = formats[type];
    if (!format) continue;
    if (kind === undefined) return { format, pretty };
    if (offers.has(`${kind}.${version}.${group}`)) return { format, as: { kind, group, version }, pretty };
  }
  throw notAcceptable(acceptedTypes);
}

/** Best first; equal quality in the order given, as the API server has it. */
export function parseAccept(header: string): readonly MediaRange[] {
  const known = kept.get(header);
  if (known) return known;
  const ranges = rangesOf(header);
  if (header.length > keptHeaderLengthMax) return ranges;
  if (kept.size >= headersKeptMax) kept.clear();
  kept.set(header, ranges);
  return ranges;
}

function rangesOf(header: string): MediaRange[] {
  return header
    .split(',')
    .slice(0, rangesMax)
    .map(parseRange)
    .filter((range) => range.type !== '' && range.quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

/** `Content-Type` and one part of `Accept` have the same form. */
export function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters[part.slice(0, equals).toLowerCase()] = part.slice(equals + 1).replace(/^"(.*)"$/, '$1');
  }
  const quality = Number(parameters.q ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}

import type { LogStore, PushedStreamLines, PushOutcome, PushWriter, ReadRange, Scope } from './store.ts';
import { linesOf } from './store-fixture.ts';

/* What the tests of pushed streams share. */

export const anyone: PushWriter = { name: 'tester', namespaces: '*' };
export const all: Scope = { tenant: 'acme', namespaces: '*' };

export type TestLine = [ms: number, text: string, metadata?: Record<string, string>];

/** Lines with times in milliseconds since 1970. */
export function entry(labels: Record<string, string>, lines: readonly TestLine[]): PushedStreamLines {
  const texts = lines.map(([, text]) => Buffer.from(text));
  const to: number[] = [];
  let end = 0;
  for (const text of texts) to.push((end += text.length));
  const sets = lines.map(([, , metadata]) => metadata ?? {});
  return {
    labels,
    bytes: Buffer.concat(texts),
    from: [0, ...to.slice(0, -1)].slice(0, lines.length),
    to,
    seconds: lines.map(([ms]) => Math.floor(ms / 1000)),
    nanos: lines.map(([ms]) => (ms - Math.floor(ms / 1000) * 1000) * 1_000_000),
    ...(lines.some(([, , metadata]) => metadata) && { metadata: { sets, of: sets.map((_, i) => i) } }),
  };
}

export function push(store: LogStore, labels: Record<string, string>, ...lines: TestLine[]): Promise<PushOutcome> {
  return store.push('acme', anyone, [entry(labels, lines)]);
}

export async function readStream(
  store: LogStore,
  labels: Record<string, string>,
  range: Partial<ReadRange> = {},
  scope = all,
): Promise<string[]> {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const stream = store
    .pushedStreams(scope)
    .find((each) => JSON.stringify(Object.entries(each.labels).sort()) === wanted);
  const lines: string[] = [];
  if (!stream) return lines;
  for await (const block of store.readPushed(scope, stream.id, { direction: 'forward', ...range })) {
    lines.push(...linesOf({ ...block, instance: '', flags: new Uint8Array(block.times.length) }));
  }
  return lines;
}

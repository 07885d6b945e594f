import { systemClock } from '../../base/clock.ts';
import { type LogsEvent, LogsStream, linesOf } from '../../cli/commands/logs-stream.ts';
import type { LogsRequest } from './protocol.ts';
import type { ServerUnderTest } from './server-under-test.ts';

interface Seen {
  lines: string[];
  notices: string[];
}

/** Reads until the answer ends, or until there are `enough` lines. */
export async function seenOf(
  server: ServerUnderTest,
  request: LogsRequest,
  enough = Number.POSITIVE_INFINITY,
  each?: (seen: Seen, event: LogsEvent) => void,
): Promise<Seen> {
  const stop = new AbortController();
  const seen: Seen = { lines: [], notices: [] };
  const surroundings = { resolve: () => ({ url: server.url }), signal: stop.signal, clock: systemClock };
  for await (const event of new LogsStream(request, surroundings).events()) {
    if (event.kind === 'lines') seen.lines.push(...Array.from(linesOf(event.runs), ({ bytes }) => bytes.toString()));
    else if (event.kind === 'notice') seen.notices.push(event.notice.message);
    each?.(seen, event);
    if (seen.lines.length >= enough) stop.abort();
  }
  return seen;
}

export function numbered(from: number, to: number, name = ''): string[] {
  return Array.from({ length: to - from }, (_, i) => `${name}${from + i}`);
}

import { WebSocket } from 'ws';
import { systemClock } from '../../base/clock.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import { showsColour } from '../output/colour.ts';
import { LogLinePrinter, type LogOutput } from '../output/log-lines.ts';
import type { Output } from '../output/stdout.ts';
import type { ServerAddress } from '../server-address.ts';
import { textFault } from '../server-call.ts';
import { defaultLines, isLogQuery, type LogqlFlags } from './logql-query.ts';
import { type LokiStream, linesOf } from './loki-answer.ts';
import { queryTime } from './query-time.ts';

const followOutputs = ['default', 'raw', 'jsonl'];
const errorBytesMax = 64 * 1024;

/** Prints lines as they are stored, until the signal aborts. Throws Fault. */
export async function followLogql(
  query: string,
  flags: LogqlFlags,
  address: ServerAddress,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const format = (flags.output ?? 'default') as LogOutput;
  if (!isLogQuery(query)) throw new Fault('usage', '--follow is for queries that give lines');
  if (!followOutputs.includes(format)) throw new Fault('usage', `--follow prints ${followOutputs.join(', ')}`);
  if (flags.until !== undefined) throw new Fault('usage', '--follow has no end; --until does not go with it');
  const printer = new LogLinePrinter(format, showsColour(process.stdout));
  const socket = new WebSocket(addressOf(query, flags, address), {
    headers: address.token === undefined ? {} : { authorization: `Bearer ${address.token}` },
  });
  const stop = () => socket.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const message of messagesOf(socket, output)) {
      const { streams } = JSON.parse(message) as { streams: LokiStream[] };
      await output.write(
        linesOf(streams, 'forward')
          .map((line) => printer.print(line))
          .join(''),
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.terminate();
  }
}

function addressOf(query: string, flags: LogqlFlags, { url }: ServerAddress): URL {
  const address = new URL('/loki/api/v1/tail', url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const time = queryTime({ since: flags.since ?? '1h' }, systemClock.nowMs());
  if (time.kind === 'range') address.searchParams.set('start', `${Math.trunc(time.startMs)}000000`);
  address.searchParams.set('query', query);
  address.searchParams.set('limit', String(flags.limit ?? defaultLines));
  return address;
}

/** Messages one by one; while one is dealt with, no further ones are read. */
async function* messagesOf(socket: WebSocket, output: Output): AsyncGenerator<string> {
  const waiting: string[] = [];
  let end: { error?: Fault } | undefined;
  let wake = () => {};
  const finish = (error?: Fault) => {
    end ??= error ? { error } : {};
    wake();
  };
  socket.on('message', (data) => {
    waiting.push(String(data));
    socket.pause();
    wake();
  });
  socket.on('close', (code, reason) => {
    finish(
      code === 1000 ? undefined : new Fault('unavailable', String(reason) || 'the server has ended the connection'),
    );
  });
  socket.on('error', (error) => finish(new Fault('unavailable', `the server does not answer: ${messageOf(error)}`)));
  socket.on('unexpected-response', (_request, answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < errorBytesMax) text += chunk;
    });
    answer.on('end', () => finish(textFault(answer.statusCode ?? 0, text)));
  });
  output.failed.catch(() => socket.terminate());
  for (;;) {
    const message = waiting.shift();
    if (message !== undefined) {
      yield message;
      if (waiting.length === 0) socket.resume();
    } else if (end) {
      if (end.error) throw end.error;
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

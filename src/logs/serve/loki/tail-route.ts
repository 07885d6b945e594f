import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { Fault, messageOf } from '../../../base/fault.ts';
import { msOfNanos } from '../../../base/nanotime.ts';
import { parse } from '../../query/query.ts';
import { delayed } from './delayed.ts';
import { bad, Parameters } from './parameters.ts';
import { wantsCategories } from './query-routes.ts';
import { streamsJson } from './result-json.ts';
import type { AskedQuery } from './running-queries.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';
import { latestNs, type TailRequest, tailedStreams } from './tail.ts';
import type { Upgrades } from './upgrades.ts';

const delaySecondsMax = 5;
/** A client that takes nothing for so long is cut; a ping that it does not answer within it is a client that is gone. */
const pingMs = 30_000;
const internalErrorCode = 1011;
const reasonBytesMax = 120;

/** `tail`: a WebSocket on which lines come as they are stored. */
export function registerTailRoute(app: FastifyInstance, parts: Surroundings, upgrades: Upgrades): void {
  const { settings, metrics } = parts;
  const tails = new Map<string, number>();
  const open = () => [...tails.values()].reduce((sum, count) => sum + count, 0);
  metrics.observe('taffrail_loki_tails_active', 'Tails of logs that are being sent.', open);

  app.get('/tail', async (request, reply) => {
    const tail = askedTail(parts, request);
    const { tenant } = tail.asked;
    const count = tails.get(tenant) ?? 0;
    if (count >= settings.tailsMax) {
      const limits = `(${count + 1} > ${settings.tailsMax})`;
      throw new Fault('overloaded', `max concurrent tail requests limit exceeded, count > limit ${limits}`);
    }
    upgrades.accept(request, reply, (socket) => {
      tails.set(tenant, (tails.get(tenant) ?? 0) + 1);
      socket.once('close', () => {
        const left = tails.get(tenant)! - 1;
        if (left > 0) tails.set(tenant, left);
        else tails.delete(tenant);
      });
      void serve(parts, socket, tail);
    });
    return reply;
  });
}

interface Tail {
  asked: AskedQuery;
  tailing: TailRequest;
  delayMs: number;
  categorized: boolean;
}

/** Throws Fault and ParseError. */
function askedTail(parts: Surroundings, request: FastifyRequest): Tail {
  const { clock, settings, principalOf } = parts;
  const scope = scopeOf(parts, request);
  const parameters = new Parameters(request, clock.nowMs());
  const query = parameters.text('query');
  const expr = parse(query);
  if (expr.kind !== 'log') throw bad('only log selector is supported');
  const delay = parameters.whole('delay_for', 0);
  if (delay > delaySecondsMax) throw bad(`delay_for can't be greater than ${delaySecondsMax}`);
  const limit = parameters.whole('limit');
  if (limit > settings.entriesMax) {
    const limits = `(${limit} > ${settings.entriesMax})`;
    throw bad(`max entries limit per query exceeded, limit > max_entries_limit_per_query ${limits}`);
  }
  const sinceNs = parameters.range().startNs;
  const [startMs, endMs, by] = [msOfNanos(sinceNs), msOfNanos(latestNs), principalOf(request).name];
  return {
    asked: { kind: 'tail', query, tenant: scope.tenant, by, startMs, endMs },
    tailing: { expr, scope, sinceNs, limit },
    delayMs: delay * 1000,
    categorized: wantsCategories(request),
  };
}

/** Sends lines until the client goes away or somebody ends the query; what fails is the reason that the client is given. */
async function serve({ store, clock, log, running }: Surroundings, socket: WebSocket, tail: Tail): Promise<void> {
  const { asked, tailing, delayMs, categorized } = tail;
  const gone = new AbortController();
  const stopPings = keptAlive(socket);
  socket.once('close', () => gone.abort());
  socket.on('error', () => socket.terminate());
  try {
    await running.follow(asked, gone.signal, async (signal) => {
      const tailed = tailedStreams(store, tailing, signal);
      for await (const streams of delayMs > 0 ? delayed(tailed, delayMs, clock, signal) : tailed) {
        await sent(socket, streamsJson(streams, { categorized, direction: 'forward' }));
      }
    });
    socket.close();
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof Fault)) log.error('a tail of logs failed', { error: (error as Error).stack });
    socket.close(internalErrorCode, reasonOf(error));
  } finally {
    stopPings();
  }
}

/** As much as a closing frame may hold, without half a character. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Fault ? messageOf(error) : 'the server failed; its log says why';
  const cut = Buffer.from(reason).subarray(0, reasonBytesMax).toString();
  return cut.replace(/\ufffd$/, '');
}

/** Resolves when the bytes are with the system: a slow reader slows the reading down, and nothing is kept for it. */
function sent(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.send(text, (error) => (error ? reject(error) : resolve())));
}

function keptAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}

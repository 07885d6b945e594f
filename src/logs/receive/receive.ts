/** The door: the ways into the store. Agents' own is here; what is pushed comes in by `registerPush`. */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../base/fault.ts';
import { release } from '../../base/release.ts';
import type { Principal } from '../../http/principal.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { decodeFrames, type FramesResponse, limits, type ResolveResponse } from '../batch/batch.ts';
import type { LogStore } from '../store/store.ts';
import { BodyBudget } from './body.ts';
import { type AgentContact, AgentContacts } from './contacts.ts';
import { checkedResolveRequest } from './resolve-request.ts';

export { registerPush } from './push/push.ts';
export { type AgentContact, AgentContacts };

export interface ReceiveOptions {
  store: LogStore;
  principalOf(request: FastifyRequest): Principal;
  /** Told of every agent that comes forward. */
  contacts?: AgentContacts;
  log: Logger;
  metrics: MetricsRegistry;
}

/** Bodies of frames that are in memory at a time, from their first byte to their acknowledgement; beyond it agents wait. */
export const bytesInFlightMax = 64 * 1024 * 1024;

const RESOLVE = '/taffrail/v1/agent/resolve';
const FRAMES = '/taffrail/v1/agent/frames';

/** Answers agents as logs/batch/protocol.ts says. Errors are thrown as Faults for the server to word. */
export function registerReceive(app: FastifyInstance, options: ReceiveOptions): void {
  const { store, principalOf, contacts, log, metrics } = options;
  const budget = new BodyBudget(bytesInFlightMax, limits.requestBytesMax);
  const results = metrics.counter(
    'taffrail_receive_frames_total',
    'Frames received from agents, by what became of them',
  );
  const bytes = metrics.counter('taffrail_receive_bytes_total', 'Bytes of frames received from agents');
  const refusals = metrics.counter('taffrail_receive_refused_requests_total', 'Requests of agents refused, by code');
  metrics.observe('taffrail_receive_in_flight_bytes', 'Bytes of requests that are being received or stored', () =>
    budget.inFlightBytes(),
  );

  // A plugin of its own, so that hooks and the body parser are for these routes alone.
  app.register(async (agents) => {
    agents.addHook('onRequest', async (request) => requireAgent(principalOf(request)));
    agents.addHook('onError', async (request, _reply, error) => {
      const code = error instanceof Fault ? error.code : 'internal';
      refusals.add(1, { code });
      log.warn('an agent was refused', { url: request.url, code, error: error.message });
    });
    agents.addContentTypeParser('application/octet-stream', (request: FastifyRequest, payload: IncomingMessage) =>
      budget.receive(request, payload),
    );
    agents.addHook('onResponse', async (request) => budget.release(request));
    agents.addHook('onRequestAbort', async (request) => budget.release(request));

    agents.post(RESOLVE, async (request): Promise<ResolveResponse> => {
      const { tenant } = principalOf(request);
      const wanted = checkedResolveRequest(request.body);
      contacts?.heard(tenant, wanted.agent);
      return store.resolve(tenant, wanted);
    });

    const sameEpoch = async (request: FastifyRequest) => requireEpoch(request, store.epoch);
    agents.post(FRAMES, { onRequest: sameEpoch }, async (request): Promise<FramesResponse> => {
      if (!Buffer.isBuffer(request.body)) {
        throw new Fault('bad-request', 'frames come as application/octet-stream');
      }
      bytes.add(request.body.length);
      const outcome = await store.append(principalOf(request).tenant, decodeFrames(request.body));
      for (const { status } of outcome) results.add(1, { status });
      release(request.body);
      return { epoch: store.epoch, results: outcome };
    });
  });
}

function requireAgent({ name, roles }: Principal): void {
  if (roles.includes('agent')) return;
  throw new Fault('forbidden', `${name} may not ship logs: the role "agent" is needed`);
}

function requireEpoch(request: FastifyRequest, epoch: string): void {
  const given = request.headers['taffrail-epoch'];
  if (given === epoch) return;
  throw new Fault(
    'conflict',
    given === undefined
      ? 'the header taffrail-epoch is missing: resolve first'
      : 'the store was started anew: resolve again before shipping',
  );
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import { type Nanos, nanosOfMs, parseRfc3339 } from '../../../base/nanotime.ts';
import { type LogExpr, parse } from '../../query/query.ts';
import type { DeleteRequest } from '../deletion/delete-file.ts';
import type { Deletes } from '../deletion/deletes.ts';
import { bad, Parameters } from './parameters.ts';
import { sendJson } from './send.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** `delete`: asks for lines to be deleted, lists what was asked, and takes it back. Everything needs the role `admin`. */
export function registerDeleteRoutes(app: FastifyInstance, parts: Surroundings, deletes: Deletes): void {
  const { clock, principalOf } = parts;
  const asked = (request: FastifyRequest) => {
    const principal = principalOf(request);
    if (!principal.roles.includes('admin'))
      throw new Fault('forbidden', `${principal.name} may not delete logs: the role "admin" is needed`);
    return { parameters: new Parameters(request, clock.nowMs()), scope: scopeOf(parts, request), by: principal.name };
  };

  app.route({
    method: ['POST', 'PUT'],
    url: '/delete',
    handler: async (request, reply) => {
      const { parameters, scope, by } = asked(request);
      const query = parameters.text('query');
      const expr = deletedLines(query);
      const startNs = timeOf('start', parameters.text('start'));
      if (startNs === undefined) throw bad('start time not set');
      const nowNs = nanosOfMs(clock.nowMs());
      const endNs = timeOf('end', parameters.text('end')) ?? nowNs;
      if (endNs > nowNs) throw bad('deletes in the future are not allowed');
      if (startNs >= endNs) throw bad("start time can't be greater than or equal to end time");
      const { id } = deletes.add(scope, { by, query, expr, startNs, endNs });
      return reply.code(204).header('x-delete-request-id', id).send();
    },
  });

  app.get('/delete', async (request, reply) => {
    const { parameters, scope } = asked(request);
    const [start, end] = [timeOf('start', parameters.text('start')), timeOf('end', parameters.text('end'))];
    const overlaps = ({ startNs, endNs }: DeleteRequest) =>
      start === undefined || end === undefined || (startNs <= end && endNs >= start);
    const shown = deletes.list(scope.tenant).filter(overlaps).map(shownRequest);
    return sendJson(request, reply, [JSON.stringify(shown)]);
  });

  app.delete('/delete', async (request, reply) => {
    const { parameters, scope, by } = asked(request);
    const id = parameters.text('request_id');
    const found = deletes.list(scope.tenant).find((one) => one.id === id);
    // Who may not see all namespaces takes back only what was his own.
    if (!found || (scope.namespaces !== '*' && found.by !== by))
      throw new Fault('not-found', 'could not find delete request with given id');
    if (found.status === 'processed')
      throw bad('deletion of request which is in process or already processed is not allowed');
    deletes.cancel(id);
    return reply.code(204).send();
  });
}

function shownRequest({ id, startNs, endNs, query, status, createdMs }: DeleteRequest) {
  const seconds = (ns: Nanos) => Number(ns / 1_000_000n) / 1000;
  return {
    ...{ request_id: id, start_time: seconds(startNs), end_time: seconds(endNs) },
    ...{ query, status, created_at: createdMs / 1000 },
  };
}

/** Throws ParseError and Fault `bad-request`. */
function deletedLines(query: string): LogExpr {
  if (query === '') throw bad('query not set');
  const expr = parse(query);
  if (expr.kind !== 'log') throw bad('invalid query expression');
  return expr;
}

/** Seconds of ten digits, or RFC 3339. */
function timeOf(name: string, text: string): Nanos | undefined {
  if (text === '') return undefined;
  const time = /^\d{10}$/.test(text) ? BigInt(text) * 1_000_000_000n : parseRfc3339(text);
  if (time === undefined) throw bad(`invalid ${name} time: require unix seconds or RFC3339 format`);
  return time;
}

import type { FastifyInstance } from 'fastify';
import { sendData } from '../answer/send.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** There are no rules here; Grafana asks all the same, and an empty list is the answer that it understands. */
export function registerRuleRoutes(app: FastifyInstance, { principalOf }: Surroundings): void {
  const empty: [string, object][] = [
    ['/rules', { groups: [] }],
    ['/alerts', { alerts: [] }],
    ['/alertmanagers', { activeAlertmanagers: [], droppedAlertmanagers: [] }],
  ];
  for (const [path, data] of empty) {
    app.get(path, async (request, reply) => {
      scopeOf(principalOf(request));
      return sendData(request, reply, data);
    });
  }
}

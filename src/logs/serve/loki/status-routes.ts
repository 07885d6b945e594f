import { version as nodeVersion } from 'node:process';
import type { FastifyInstance } from 'fastify';
import { version } from '../../../base/version.ts';
import { sendJson } from './send.ts';

/** `status/buildinfo`, which clients ask to learn what they talk to. */
export function registerStatusRoutes(app: FastifyInstance): void {
  app.get('/status/buildinfo', async (request, reply) => {
    const info = { version, revision: '', branch: '', buildDate: '', buildUser: 'taffrail', goVersion: nodeVersion };
    return sendJson(request, reply, [JSON.stringify(info)]);
  });
}

import type { FastifyInstance } from 'fastify';
import type { Surroundings } from '../routes/surroundings.ts';
import { InFlight } from './in-flight.ts';
import { requireWriter } from './require-writer.ts';

/** One request, as it comes and unpacked. */
const bodyBytesMax = 16 * 1024 * 1024;
export const decodedBytesMax = 64 * 1024 * 1024;
/** Bodies that are being taken in at a time. */
const inFlightBytesMax = 64 * 1024 * 1024;

/** Routes that take bodies of samples, as bytes whatever their type: for writers only, and not too much at a time. */
export function registerTakingRoutes(
  app: FastifyInstance,
  { principalOf }: Pick<Surroundings, 'principalOf'>,
  register: (scope: FastifyInstance) => void,
): void {
  const inFlight = new InFlight(inFlightBytesMax);
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => requireWriter(principalOf(request)));
    inFlight.guard(scope);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_, body, done) =>
      done(null, body),
    );
    register(scope);
  });
}

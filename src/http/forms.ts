import type { FastifyInstance } from 'fastify';

/** The largest body that a form may have. */
const formBytesMax = 4 * 1024 * 1024;

/** Bodies of `application/x-www-form-urlencoded` become URLSearchParams: how Grafana sends long queries. */
export function acceptForms(api: FastifyInstance): void {
  api.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: formBytesMax },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
}

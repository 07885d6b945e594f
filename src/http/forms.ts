import type { FastifyInstance, RouteHandlerMethod } from 'fastify';

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

/** A route whose parameters come in the query or, where they are long, in a form. */
export function getOrPost(api: FastifyInstance, url: string, handler: RouteHandlerMethod): void {
  api.route({ method: ['GET', 'POST'], url, handler });
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import { release } from '../../../base/release.ts';
import { snappyDecode } from '../../../base/snappy.ts';
import type { SeriesWriter } from '../../store/store.ts';
import type { Surroundings } from '../routes/surroundings.ts';
import { type Outcome, problemTexts, takeIn } from './intake.ts';
import type { ReceivedWrite } from './received-series.ts';
import { decodedBytesMax, registerTakingRoutes } from './taking-routes.ts';
import { readWriteRequest1 } from './write-request-1.ts';
import { readWriteRequest2 } from './write-request-2.ts';
import { WriterStates } from './writer-states.ts';

export interface WriteParts extends Surroundings {
  writer: SeriesWriter;
  random: () => number;
}

const mediaType = 'application/x-protobuf';
const message1 = 'prometheus.WriteRequest';
const message2 = 'io.prometheus.write.v2.Request';

/** Remote write. What is wrong for ever is answered 400, what may go well later 429 or 503, as the specification wants it. */
export function registerWriteRoutes(app: FastifyInstance, parts: WriteParts): void {
  const { writer, principalOf, metrics, random } = parts;
  const states = new WriterStates(random);
  const samples = metrics.counter(
    'taffrail_remote_write_samples_total',
    'Samples by remote write, by what became of them.',
  );
  const notKept = metrics.counter(
    'taffrail_remote_write_not_kept_total',
    'Exemplars and native histograms by remote write.',
  );

  registerTakingRoutes(app, parts, (scope) => {
    scope.post('/write', async (request, reply) => {
      const problem = unsupported(request);
      if (problem) return reply.code(415).type('text/plain').send(`${problem}\n`);
      if (!Buffer.isBuffer(request.body)) throw new Fault('bad-request', 'a body of snappy is wanted');
      const { tenant, namespaces } = principalOf(request);
      const { series1, series2, symbols } = states.of(tenant, namespaces);
      const body = snappyDecode(request.body, decodedBytesMax);
      release(request.body);
      const isVersion2 = protoOf(request) === message2;
      const received = isVersion2 ? readWriteRequest2(body, symbols) : readWriteRequest1(body);
      const outcome = await takeIn(received, { tenant, namespaces }, writer, isVersion2 ? series2 : series1);
      count(received, outcome);
      received.samples.release();
      release(body);
      if (isVersion2) reply.headers(writtenHeaders(outcome));
      const problems = problemsOf(received, outcome);
      if (problems.length > 0)
        return reply
          .code(400)
          .type('text/plain')
          .send(`${problems.join('\n')}\n`);
      return reply.code(204).send();
    });
  });

  function count({ exemplarCount, histogramCount }: ReceivedWrite, { written, refused }: Outcome): void {
    samples.add(written, { outcome: 'written' });
    for (const [outcome, number] of refused) samples.add(number, { outcome });
    if (exemplarCount > 0) notKept.add(exemplarCount, { kind: 'exemplar' });
    if (histogramCount > 0) notKept.add(histogramCount, { kind: 'histogram' });
  }
}

/** What is wrong with the headers. Clients of 1.0 may leave them out. */
function unsupported(request: FastifyRequest): string | undefined {
  const encoding = String(request.headers['content-encoding'] ?? 'snappy').toLowerCase();
  if (encoding !== 'snappy') return `${encoding} encoding is not accepted by this server; only snappy is acceptable`;
  const media = String(request.headers['content-type'] ?? mediaType).split(';')[0]!;
  if (media.trim() !== mediaType) return `expected ${mediaType} as the first (media) part, got ${media} content-type`;
  const proto = protoOf(request);
  if (proto === message1 || proto === message2) return undefined;
  return `${proto} protobuf message is not accepted by this server; accepted ${message1}, ${message2}`;
}

function protoOf({ headers }: FastifyRequest): string {
  const [, ...parameters] = String(headers['content-type'] ?? '').split(';');
  return parameters.map((text) => text.trim().split('=')).find(([name]) => name === 'proto')?.[1] ?? message1;
}

/** Exemplars and native histograms are not kept, and a sender of 2.0 is told so. */
function writtenHeaders({ written }: Outcome): Record<string, string> {
  const name = (kind: string) => `x-prometheus-remote-write-${kind}-written`;
  return { [name('samples')]: String(written), [name('histograms')]: '0', [name('exemplars')]: '0' };
}

function problemsOf({ histogramCount }: ReceivedWrite, outcome: Outcome): string[] {
  const problems = problemTexts(outcome);
  if (histogramCount === 0) return problems;
  return [...problems, `native histograms are not supported yet: ${histogramCount} were not taken`];
}

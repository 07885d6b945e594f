import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import pino from 'pino';
import pinoLoki from 'pino-loki';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { PushServer } from '../../src/logs/receive/push/push-under-test.ts';
import { until } from './processes.ts';

/* The transports that Node applications push with, as they come from npm. */

for (const [form, isJson] of [
  ['protocol buffers', false],
  ['JSON', true],
] as const) {
  test(`winston-loki writes ${form}, and what it wrote is read back`, async (t) => {
    const server = await PushServer.start();
    t.after(() => server.close());
    const transport = new LokiTransport({
      ...{ host: server.url, json: isJson, batching: true, interval: 0.1, labels: { app: 'winston' } },
      ...{ replaceTimestamp: false, format: winston.format.simple(), useWinstonMetaAsLabels: false },
      onConnectionError: (error) => assert.fail(String(error)),
    });
    const logger = winston.createLogger({ level: 'debug', transports: [transport] });
    logger.info('a first line');
    logger.error('zweite Zeile äöü');
    logger.debug({ message: 'with a label', labels: { module: 'cart' } });
    const lines = await until('three lines', async () => {
      const found = await server.lines();
      return found.length === 3 && found;
    });
    logger.close();
    const seen = lines.map(({ labels, line, metadata }) => [
      labels.level,
      labels.module,
      line,
      metadata.detected_level,
    ]);
    assert.deepEqual(seen.sort(), [
      ['debug', 'cart', 'debug: with a label {"labels":{"module":"cart"}}', 'debug'],
      ['error', undefined, 'error: zweite Zeile äöü', 'error'],
      ['info', undefined, 'info: a first line', 'info'],
    ]);
    for (const { labels, time } of lines) {
      assert.equal(labels.service_name, 'winston');
      assert.ok(Math.abs(Number(time / 1_000_000n) - Date.now()) < 60_000, `${time}`);
    }
  });
}

test('pino-loki writes, and what it wrote is read back', async (t) => {
  const server = await PushServer.start();
  t.after(() => server.close());
  const stream = pinoLoki({
    host: server.url,
    batching: { interval: 0.1 },
    labels: { application: 'pino' },
    silenceErrors: false,
  });
  const logger = pino({ level: 'debug' }, stream);
  logger.info({ user: 7 }, 'a first line');
  logger.error(new Error('broken'), 'a second');
  const found = await until('two lines', async () => {
    const all = await server.lines();
    return all.length === 2 && all;
  });
  // They are of two streams, and may be of one millisecond.
  const lines = found.toSorted((one, other) => JSON.parse(one.line).level - JSON.parse(other.line).level);
  stream.end();
  await once(stream, 'close');
  assert.deepEqual(
    lines.map(({ labels, metadata }) => [labels.service_name, labels.level, metadata.detected_level]),
    [
      ['pino', 'info', 'info'],
      ['pino', 'error', 'error'],
    ],
  );
  assert.deepEqual([JSON.parse(lines[0]!.line).user, JSON.parse(lines[1]!.line).err.message], [7, 'broken']);
});

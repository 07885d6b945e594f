import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { podNamed, podsPath, type StartedPlane, startPlane } from '../started-plane.ts';
import { startKubelet as startNode } from './kubelet-under-test.ts';
import { containerOf } from './pod-log.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** With the pod `a` on its node. */
async function startKubelet(t: Parameters<typeof startNode>[0], plane: StartedPlane, answer: Answer) {
  const server = await startNode(t, plane, answer);
  const { call } = plane;
  await call('POST', podsPath, { body: podNamed('a') });
  await call('POST', `${podsPath}/a/binding`, { body: { metadata: { name: 'a' }, target: { name: 'n' } } });
  return server;
}

test('a log is read from the kubelet of the pod, with every parameter that a kubelet knows', async (t) => {
  const plane = await startPlane(t);
  const asked: string[] = [];
  await startKubelet(t, plane, (incoming, response) => {
    asked.push(incoming.url!);
    response.end('one\ntwo\n');
  });
  const query = 'tailLines=5&timestamps=true&previous=true&sinceSeconds=9&limitBytes=100&pretty=true';
  const log = await plane.call('GET', `${podsPath}/a/log?${query}`);
  assert.deepEqual([log.code, log.text, log.headers['content-type']], [200, 'one\ntwo\n', 'text/plain']);
  const url = new URL(asked[0]!, 'https://kubelet');
  assert.equal(url.pathname, '/containerLogs/default/a/a');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    previous: 'true',
    sinceSeconds: '9',
    timestamps: 'true',
    tailLines: '5',
    limitBytes: '100',
  });
});

test("the kubelet's refusal is passed on in its own words", async (t) => {
  const plane = await startPlane(t);
  let code = 400;
  const words = 'container "a" in pod "a" is waiting to start: ContainerCreating';
  await startKubelet(t, plane, (_, response) => {
    response.statusCode = code;
    response.end(words);
  });
  const waiting = await plane.call('GET', `${podsPath}/a/log`);
  assert.deepEqual([waiting.code, waiting.body.reason, waiting.body.message], [400, 'BadRequest', words]);
  code = 500;
  const failed = await plane.call('GET', `${podsPath}/a/log`);
  assert.deepEqual([failed.code, failed.body.reason], [500, 'InternalError']);
});

test('a followed log comes as it is written, and ends at the kubelet when the reader goes', async (t) => {
  const plane = await startPlane(t);
  let gone: Promise<unknown> | undefined;
  let write = (_: string) => {};
  await startKubelet(t, plane, (_, response) => {
    gone = once(response, 'close');
    write = (text) => void response.write(text);
    write('first\n');
  });
  const { access, url } = plane.plane;
  const outgoing = request(`${url}${podsPath}/a/log?follow=true`, {
    ca: access.ca,
    cert: access.clientCertificate,
    key: access.clientKey,
    agent: false,
  });
  outgoing.on('error', () => {});
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  assert.equal(String((await once(response, 'data'))[0]), 'first\n');
  write('second\n');
  assert.equal(String((await once(response, 'data'))[0]), 'second\n');
  assert.match(plane.metrics.exposition(), /taffrail_api_watches_running 1/);
  outgoing.destroy();
  await gone;
  while (!plane.metrics.exposition().includes('taffrail_api_watches_running 0')) await systemClock.sleep(5);
});

test('an answer that the kubelet cuts short is cut short for the reader too, not ended', async (t) => {
  const plane = await startPlane(t);
  await startKubelet(t, plane, (_, response) => {
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  await assert.rejects(plane.call('GET', `${podsPath}/a/log`), { code: 'ECONNRESET' });
});

test('a pod that nobody runs has an empty log; a kubelet that is away is an error that names it', async (t) => {
  const plane = await startPlane(t);
  await plane.call('POST', podsPath, { body: podNamed('free') });
  const free = await plane.call('GET', `${podsPath}/free/log`);
  assert.deepEqual([free.code, free.text], [200, '']);
  const server = await startKubelet(t, plane, (_, response) => response.end());
  const { port } = server.address() as AddressInfo;
  server.close();
  const away = await plane.call('GET', `${podsPath}/a/log`);
  assert.equal(away.code, 500);
  assert.match(
    away.body.message,
    new RegExp(`Get "https://127.0.0.1:${port}/containerLogs/default/a/a\\?": connect ECONNREFUSED`),
  );
  assert.equal((await plane.call('GET', `${podsPath}/none/log`)).body.message, 'pods "none" not found');
});

test('parameters that make no sense are refused before anybody is asked', async (t) => {
  const { call } = await startPlane(t);
  await call('POST', podsPath, { body: podNamed('a') });
  for (const query of [
    'tailLines=-1',
    'tailLines=x',
    'sinceSeconds=0',
    'limitBytes=0',
    'sinceTime=yesterday',
    'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
  ])
    assert.equal((await call('GET', `${podsPath}/a/log?${query}`)).code, 422, query);
  const other = await call('GET', `${podsPath}/a/log?container=b`);
  assert.deepEqual([other.code, other.body.message], [400, 'container b is not valid for pod a']);
});

test('a pod with several containers wants one to be named', () => {
  const pod = (spec: object) => ({ metadata: { name: 'p' }, spec });
  const two = { containers: [{ name: 'a' }, { name: 'b' }] };
  assert.equal(containerOf(pod({ containers: [{ name: 'a' }], initContainers: [{ name: 'i' }] }), ''), 'a');
  assert.equal(containerOf(pod({ ...two, initContainers: [{ name: 'i' }] }), 'i'), 'i');
  assert.throws(() => containerOf(pod(two), ''), {
    message: 'a container name must be specified for pod p, choose one of: [a b]',
  });
  assert.throws(() => containerOf(pod({ ...two, initContainers: [{ name: 'i' }] }), ''), {
    message: 'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]',
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeFactsOf } from './node-facts.ts';
import { type ScrapeSettings, scrapeSettings } from './settings.ts';

const node = (annotations: Record<string, string> = {}, port: unknown = 10350) => ({
  metadata: { name: 'worker', annotations },
  status: {
    addresses: [
      { type: 'InternalIP', address: '10.0.0.7' },
      { type: 'Hostname', address: 'worker.example' },
      { type: 'ExternalIP', address: '2001:db8::7' },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  },
});

const endpointOf = (given: Partial<ScrapeSettings>, of: object = node()) =>
  nodeFactsOf(of as ReturnType<typeof node>, scrapeSettings(given)).endpoint;

test('the address is of the first type that is preferred and there', () => {
  assert.equal(endpointOf({})?.host, 'worker.example');
  assert.equal(endpointOf({ addressTypes: ['ExternalDNS', 'InternalIP', 'Hostname'] })?.host, '10.0.0.7');
  assert.equal(endpointOf({ addressTypes: ['ExternalIP'] })?.host, '2001:db8::7');
});

test('a node without such an address, or with one that is none, is not asked', () => {
  assert.equal(endpointOf({ addressTypes: ['ExternalDNS'] }), undefined);
  assert.equal(endpointOf({}, { metadata: { name: 'bare' } }), undefined);
  const addresses = [{ type: 'Hostname', address: 'worker\r\nX-Remote-User: admin' }, { type: 'Hostname' }];
  assert.equal(endpointOf({}, { metadata: { name: 'odd' }, status: { addresses } }), undefined);
});

test("the port is --kubelet-port, or the node status's where that is wanted and is one", () => {
  assert.equal(endpointOf({})?.port, 10250);
  assert.equal(endpointOf({ kubeletPort: 4194 })?.port, 4194);
  assert.equal(endpointOf({ useNodeStatusPort: true })?.port, 10350);
  for (const port of [0, -1, 65_536, 1.5, '10350', null])
    assert.equal(endpointOf({ useNodeStatusPort: true }, node({}, port))?.port, 10250, String(port));
});

test('the annotation names a path of this kubelet, and nothing else', () => {
  const path = (value: string) => endpointOf({}, node({ 'metrics.k8s.io/resource-metrics-path': value }))?.path;
  assert.equal(endpointOf({})?.path, '/metrics/resource');
  assert.equal(path('/other/metrics'), '/other/metrics');
  assert.equal(path('other'), '/other');
  assert.equal(path('/a?b=c#d'), '/a%3Fb=c%23d');
  assert.equal(path('/a HTTP/1.1\r\nHost: else'), '/a%20HTTP/1.1%0D%0AHost:%20else');
  assert.equal(path('x'.repeat(2000)), '/metrics/resource');
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { Fault } from '../../base/fault.ts';
import { type ScrapeSettings, scrapeSettings } from './settings.ts';

test('the defaults are those of metrics-server in a cluster', () => {
  const settings = scrapeSettings();
  assert.deepEqual([settings.resolutionMs, settings.requestTimeoutMs, settings.kubeletPort], [15_000, 13_500, 10_250]);
  assert.deepEqual(settings.addressTypes, ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP']);
});

test('the sandbox may go down to a second', () => {
  assert.equal(scrapeSettings({ resolutionMs: 1000 }, true).requestTimeoutMs, 900);
});

for (const [flag, given] of [
  ['--metric-resolution', { resolutionMs: 9999 }],
  ['--metric-resolution', { resolutionMs: Number.NaN }],
  ['--kubelet-request-timeout', { requestTimeoutMs: 14_000 }],
  ['--kubelet-request-timeout', { requestTimeoutMs: 0 }],
  ['--kubelet-preferred-address-types', { addressTypes: [] }],
  ['--kubelet-client-certificate', { clientKeyFile: 'key' }],
  ['--kubelet-certificate-authority', { certificateAuthorityFile: 'ca', insecureTls: true }],
  ['--kubelet-certificate-authority', { certificateAuthorityFile: 'ca', completelyInsecure: true }],
  ['--kubelet-client-certificate', { clientCertificateFile: 'c', clientKeyFile: 'k', completelyInsecure: true }],
  ['--kubelet-insecure-tls', { insecureTls: true, completelyInsecure: true }],
] as [string, Partial<ScrapeSettings>][]) {
  test(`${JSON.stringify(given)} is refused with the name ${flag}`, () => {
    assert.throws(
      () => scrapeSettings(given),
      (error) => error instanceof Fault && error.code === 'usage' && error.message.startsWith(flag),
    );
  });
}

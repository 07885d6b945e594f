import assert from 'node:assert/strict';
import test from 'node:test';
import { noFeatures } from '../series/query/query.ts';
import { scrapeConfig } from './server-settings.ts';

const store = {
  dataDir: '',
  port: 0,
  retention: 0,
  retentionSize: 0,
  seriesRetention: 0,
  seriesRetentionSize: 0,
  seriesMax: 1,
  seriesOutOfOrderWindow: 0,
  scrapeInterval: 15_000,
  queryTimeout: 1,
  queryMaxSamples: 1,
  queryMaxConcurrency: 1,
  queryQueueMax: 1,
  queryLookbackDelta: 1,
  enableFeature: noFeatures,
};

test('what is said of kubelets goes for their pages and for no others', async () => {
  const { jobs } = await scrapeConfig({ ...store, kubeletInsecureTls: true });
  const insecure = jobs.filter(({ http }) => http.tls.insecureSkipVerify).map(({ jobName }) => jobName);
  assert.deepEqual(insecure, ['kubelet', 'kubelet-resource', 'kubelet-cadvisor']);
});

test('a client certificate comes with its key, and a configuration says everything itself', async () => {
  await assert.rejects(scrapeConfig({ ...store, kubeletClientCertificate: 'a.crt' }), /go together/);
  await assert.rejects(
    scrapeConfig({ ...store, scrapeConfig: 'prometheus.yml', kubeletInsecureTls: true }),
    /say how to scrape without --scrape-config/,
  );
});

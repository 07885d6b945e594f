import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const resource = resourceFromAttributes({
  'service.name': 'checkout',
  'service.namespace': 'shop',
  'service.instance.id': 'pod-1',
  'host.name': 'node-7',
});
type Exporter = ConstructorParameters<typeof PeriodicExportingMetricReader>[0]['exporter'];

/** What a program with the SDK writes, shortly before it ends. */
export async function writeBySdk(exporter: Exporter): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 });
  const exponential = { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const;
  const views = [{ instrumentName: 'odd', aggregation: exponential }];
  const provider = new MeterProvider({ resource, readers: [reader], views });
  const meter = provider.getMeter('test');
  meter.createCounter('http.requests', { description: 'Requests.' }).add(3, { 'http.method': 'GET', ok: true });
  meter.createUpDownCounter('queue.length').add(-2);
  meter.createGauge('cache.usage', { unit: '1' }).record(0.25);
  const latency = meter.createHistogram('latency', { unit: 'ms', advice: { explicitBucketBoundaries: [1, 2.5] } });
  for (const value of [0.5, 2, 100]) latency.record(value);
  meter.createHistogram('odd').record(1);
  await provider.shutdown();
}

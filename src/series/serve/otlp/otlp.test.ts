import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { type Answer, answerOf, startApiUnderTest } from '../server-under-test.ts';
import { labelNameOf, metricNameOf } from './names.ts';
import { writeBySdk } from './sdk-under-test.ts';

const whose = { instance: 'pod-1', job: 'shop/checkout' };
for (const [form, Exporter] of [
  ['protocol buffers', ProtobufExporter],
  ['JSON', JsonExporter],
] as const) {
  test(`what OpenTelemetry's SDK writes as ${form} is read back under Prometheus's names`, async (t) => {
    const { url, get, close } = await startApiUnderTest();
    t.after(close);
    await writeBySdk(new Exporter({ url: `${url}/v1/metrics`, compression: 'gzip' as never }));
    const values = async (query: string) => {
      const { json } = await get(`/api/v1/query?${new URLSearchParams({ query })}`);
      return json.data.result.map(({ metric, value }: { metric: object; value: [number, string] }) => [
        metric,
        value[1],
      ]);
    };
    assert.deepEqual(await values('http_requests_total'), [
      [{ __name__: 'http_requests_total', http_method: 'GET', ok: 'true', ...whose }, '3'],
    ]);
    assert.deepEqual(await values('queue_length'), [[{ __name__: 'queue_length', ...whose }, '-2']]);
    assert.deepEqual(await values('cache_usage_ratio'), [[{ __name__: 'cache_usage_ratio', ...whose }, '0.25']]);
    assert.deepEqual(await values('latency_milliseconds_bucket'), [
      [{ __name__: 'latency_milliseconds_bucket', le: '+Inf', ...whose }, '3'],
      [{ __name__: 'latency_milliseconds_bucket', le: '1', ...whose }, '1'],
      [{ __name__: 'latency_milliseconds_bucket', le: '2.5', ...whose }, '2'],
    ]);
    assert.deepEqual(await values('latency_milliseconds_sum'), [
      [{ __name__: 'latency_milliseconds_sum', ...whose }, '102.5'],
    ]);
    assert.deepEqual(await values('target_info'), [[{ __name__: 'target_info', host_name: 'node-7', ...whose }, '1']]);
    assert.deepEqual(await values('{__name__=~"odd.*"}'), []);
    const { json } = await get('/api/v1/metadata?metric=http_requests_total');
    assert.deepEqual(json.data, { http_requests_total: [{ type: 'counter', help: 'Requests.', unit: '' }] });
  });
}

const nowNanos = '1700000000000000000';
const point = { timeUnixNano: nowNanos, asInt: '7' };

function requestOf(metric: object): string {
  return JSON.stringify({ resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics: [metric] }] }] });
}

async function post(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const request = {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': 'application/json', ...headers },
  };
  return answerOf(await fetch(`${url}/otlp/v1/metrics`, request));
}

test('what cannot be taken is told as a partial success, and the rest is taken', async (t) => {
  const { url, get, close } = await startApiUnderTest();
  t.after(close);
  const metrics = [
    { name: 'fine', gauge: { dataPoints: [point] } },
    { name: 'delta', sum: { dataPoints: [point, point], isMonotonic: true, aggregationTemporality: 1 } },
    { name: 'odd', exponentialHistogram: { dataPoints: [point], aggregationTemporality: 2 } },
  ];
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const { status, json } = await post(url, gzipSync(body), { 'content-encoding': 'gzip' });
  assert.equal(status, 200);
  assert.equal(json.partialSuccess.rejectedDataPoints, '3');
  assert.match(
    json.partialSuccess.errorMessage,
    /delta: only cumulative .*; odd: exponential histograms are not supported yet/,
  );
  const found = await get('/api/v1/query?query=fine&time=1700000000');
  assert.equal(found.json.data.result[0].value[1], '7');
});

test('bodies that are no request are refused in words', async (t) => {
  const { url, close } = await startApiUnderTest();
  t.after(close);
  const refusals: [string | Buffer, Record<string, string>, number, RegExp][] = [
    ['{', {}, 400, /the body is not JSON/],
    [requestOf({ name: 'x', gauge: { dataPoints: {} } }), {}, 400, /dataPoints is not a list/],
    [requestOf({ name: 'x', gauge: { dataPoints: [{ timeUnixNano: 'soon' }] } }), {}, 400, /nanoseconds since 1970/],
    ['x', { 'content-encoding': 'gzip' }, 400, /cannot be unpacked/],
    ['x', { 'content-encoding': 'br' }, 415, /br encoding is not accepted/],
    ['x', { 'content-type': 'text/plain' }, 415, /text\/plain content-type is not accepted/],
    [Buffer.from([0x0a, 0xff]), { 'content-type': 'application/x-protobuf' }, 400, /protocol buffer cannot be read/],
  ];
  for (const [body, headers, status, message] of refusals) {
    const answer = await post(url, body, headers);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.text, message);
  }
});

test('names are those that Prometheus 3 makes of them', () => {
  const cases: [string, string, 'counter' | 'gauge' | 'other', string][] = [
    ['system.cpu.time', 's', 'counter', 'system_cpu_time_seconds_total'],
    ['requests.total', '{request}', 'counter', 'requests_total'],
    ['network.io', 'By/s', 'gauge', 'network_io_bytes_per_second'],
    ['usage', '1', 'gauge', 'usage_ratio'],
    ['usage', '1', 'other', 'usage'],
    ['process__runtime-seconds', 's', 'gauge', 'process_runtime_seconds'],
    ['2xx', '', 'other', '_2xx'],
    ['speed', 'km/h', 'gauge', 'speed_km_per_hour'],
    ['temperatur.ä', 'Cel', 'gauge', 'temperatur_celsius'],
  ];
  for (const [name, unit, kind, expected] of cases) assert.equal(metricNameOf(name, unit, kind), expected);
  assert.deepEqual(['http.method', '1st', '_x', '__x', 'ä', ''].map(labelNameOf), [
    'http_method',
    'key_1st',
    'key_x',
    '__x',
    'key_',
    '',
  ]);
});

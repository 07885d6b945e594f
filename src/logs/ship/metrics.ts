import type { Counter, MetricsRegistry } from '../../telemetry/telemetry.ts';

export interface ShipMetrics {
  batches: Counter;
  sentBytes: Counter;
  requests: Counter;
  retries: Counter;
  refused: Counter;
}

export function shipMetrics(registry: MetricsRegistry): ShipMetrics {
  return {
    batches: registry.counter('taffrail_agent_batches_total', 'Frames that the server has answered, by status.'),
    sentBytes: registry.counter('taffrail_agent_sent_bytes_total', 'Bytes of frames that the server has acknowledged.'),
    requests: registry.counter('taffrail_agent_requests_total', 'Requests to the server, by result.'),
    retries: registry.counter('taffrail_agent_retries_total', 'Requests that were sent again.'),
    refused: registry.counter('taffrail_agent_refused_frames_total', 'Frames that the server will never take.'),
  };
}

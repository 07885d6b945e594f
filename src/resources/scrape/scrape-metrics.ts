import type { Counter, Gauge, LabelledCounter, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { type WhyReason, whyReasons } from '../resources.ts';
import type { PageReading } from './page-reader.ts';

const pointOutcomes = ['windows', 'firsts', 'sames', 'skewed', 'incomplete'] as const;
type PointOutcome = (typeof pointOutcomes)[number];

/** What the scraper says of itself on /metrics. */
export class ScrapeMetrics {
  readonly #scrapes: Record<'ok' | 'failed' | 'skipped', LabelledCounter>;
  readonly #pageBytes: Counter;
  readonly #points: Record<PointOutcome, LabelledCounter>;
  readonly #refused: Counter;
  readonly #malformed: Counter;
  readonly #watchTroubles: Counter;
  readonly #unserved: Gauge;
  readonly #round: Gauge;

  constructor(metrics: MetricsRegistry) {
    const counter = (name: string, help: string) => metrics.counter(`taffrail_resources_${name}`, help);
    const scrapes = counter('scrapes_total', 'Requests to kubelets by outcome.');
    const ended = (outcome: string) => scrapes.labelled({ outcome });
    this.#scrapes = { ok: ended('ok'), failed: ended('failed'), skipped: ended('skipped') };
    this.#pageBytes = counter('page_bytes_total', 'Bytes of kubelets’ pages, after unpacking.');
    const points = counter('points_total', 'Points of nodes and containers by what became of them.');
    const became = (outcome: PointOutcome) => points.labelled({ outcome });
    this.#points = {
      windows: became('windows'),
      firsts: became('firsts'),
      sames: became('sames'),
      skewed: became('skewed'),
      incomplete: became('incomplete'),
    };
    this.#refused = counter('refused_samples_total', 'Samples of kubelets that were refused, by reason.');
    this.#malformed = counter('malformed_lines_total', 'Lines of kubelets’ pages that cannot be read.');
    this.#watchTroubles = counter('watch_troubles_total', 'Watches that were lost or refused and begun again.');
    this.#unserved = metrics.gauge('taffrail_resources_unserved', 'Nodes and pods that are not served, by reason.');
    this.#round = metrics.gauge(
      'taffrail_resources_round_seconds',
      'From the first request of the last round to its end.',
    );
  }

  scraped(reading: PageReading, pageBytes: number): void {
    this.#scrapes.ok.add();
    this.#pageBytes.add(pageBytes);
    for (const outcome of pointOutcomes) if (reading[outcome] > 0) this.#points[outcome].add(reading[outcome]);
    for (const [reason, count] of reading.refused) this.#refused.add(count, { reason });
    if (reading.unplaced > 0) this.#refused.add(reading.unplaced, { reason: 'Unplaced' });
    if (reading.malformedLines > 0) this.#malformed.add(reading.malformedLines);
  }

  failed(): void {
    this.#scrapes.failed.add();
  }

  /** The request of the round before was still under way. */
  skipped(): void {
    this.#scrapes.skipped.add();
  }

  watchTrouble(resource: 'nodes' | 'pods'): void {
    this.#watchTroubles.add(1, { resource });
  }

  roundEnded(seconds: number): void {
    this.#round.set(seconds);
  }

  unserved(kind: 'node' | 'pod', counts: ReadonlyMap<WhyReason, number>): void {
    for (const reason of Object.keys(whyReasons) as WhyReason[]) {
      const count = counts.get(reason);
      if (reason === 'Served') continue;
      if (count === undefined) this.#unserved.remove({ kind, reason });
      else this.#unserved.set(count, { kind, reason });
    }
  }
}

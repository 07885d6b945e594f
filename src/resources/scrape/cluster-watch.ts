import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/fault.ts';
import type { KubeObject, KubernetesClient, Reflector } from '../../kubernetes/client/client.ts';
import { createReflector } from '../../kubernetes/client/reflector.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { NodeDirectory } from './node-directory.ts';
import { type NodeFacts, nodeFactsOf } from './node-facts.ts';
import type { PodDirectory } from './pod-directory.ts';
import { type KeptPod, PodTexts, podFactsOf } from './pod-facts.ts';
import type { ScrapeMetrics } from './scrape-metrics.ts';
import type { ScrapeSettings } from './settings.ts';

export interface ClusterWatchParts {
  client: KubernetesClient;
  settings: ScrapeSettings;
  nodes: NodeDirectory;
  pods: PodDirectory;
  metrics: ScrapeMetrics;
  log: Logger;
  clock: Clock;
  random: () => number;
  relieve: () => void;
}

/** A page of pods is a few megabytes, which is what the process needs beside what it keeps. */
const podsOfPage = 250;

interface KeptNode extends KubeObject {
  metadata: NodeFacts;
}

/** Nodes and pods as the API server knows them, put into the two directories. */
export class ClusterWatch {
  readonly #parts: ClusterWatchParts;
  readonly #nodes: Reflector;
  readonly #pods: Reflector;
  #onSynced: () => void = () => {};

  constructor(parts: ClusterWatchParts) {
    this.#parts = parts;
    const { client, settings, nodes, pods, clock, random } = parts;
    const texts = new PodTexts();
    this.#nodes = createReflector<KeptNode>(
      client,
      { path: '/api/v1/nodes', transform: (node) => ({ metadata: nodeFactsOf(node, settings) }) },
      {
        onUpsert: ({ metadata }) => nodes.set(metadata),
        onDelete: ({ metadata }) => nodes.delete(metadata.name),
        ...this.#told('nodes'),
      },
      { clock, random },
    );
    this.#pods = createReflector<KeptPod>(
      client,
      { path: '/api/v1/pods', pageSize: podsOfPage, transform: (pod) => ({ metadata: podFactsOf(pod, texts) }) },
      {
        onUpsert: ({ metadata }) => pods.set(metadata),
        onDelete: ({ metadata }) => pods.delete(metadata),
        ...this.#told('pods'),
      },
      { clock, random },
    );
  }

  get nodesSynced(): boolean {
    return this.#nodes.synced;
  }

  get podsSynced(): boolean {
    return this.#pods.synced;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#nodes.run(signal), this.#pods.run(signal)]);
  }

  /** Resolves after the first complete list of nodes, or when the signal aborts. */
  async untilNodesSynced(signal: AbortSignal): Promise<void> {
    if (this.#nodes.synced || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#onSynced = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #told(resource: 'nodes' | 'pods') {
    const { log, metrics, relieve } = this.#parts;
    return {
      onSynced: () => {
        log.info('the watch is in step', { resource });
        relieve();
        if (resource === 'nodes') this.#onSynced();
      },
      onTrouble: (error: unknown) => {
        metrics.watchTrouble(resource);
        log.warn('the watch is begun again', { resource, error: messageOf(error) });
      },
    };
  }
}

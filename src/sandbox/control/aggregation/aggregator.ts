import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { ApiVersion, Change } from '../../../kubernetes/serve/serve.ts';
import { apiServices } from '../kinds/aggregation.ts';
import { endpointSlices, endpoints, serviceNameLabel, services } from '../kinds/network.ts';
import { AvailabilityCheck, type AvailabilityOptions } from './availability.ts';
import { ExtensionApi, type ExtensionOptions } from './extension-api.ts';
import { localPriority } from './local-services.ts';

export type AggregatorOptions = AvailabilityOptions & ExtensionOptions;

interface Extension {
  api: ExtensionApi;
  check: AvailabilityCheck;
}

/**
 * Puts the groups and versions of extension servers beside our own, as APIService objects say.
 * Invariant: there is one extension for every APIService with a service whose group and version is not served here.
 */
export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #local: readonly ApiVersion[];
  readonly #extensions = new Map<string, Extension>();
  readonly #stops: (() => void)[] = [];
  #sorted: readonly ApiVersion[] = [];

  constructor(local: readonly ApiVersion[], options: AggregatorOptions) {
    this.#local = local;
    this.#options = options;
    const { store } = options.registry;
    for (const apiService of store.scan(apiServices.stored, '')) this.#upsert(apiService);
    this.#sort();
    this.#stops.push(
      store.window(apiServices.stored).subscribe((change) => this.#onApiService(change)),
      store.window(services.stored).subscribe(({ object }) => this.#kickFor(object, object.metadata.name)),
      store.window(endpoints.stored).subscribe(({ object }) => this.#kickFor(object, object.metadata.name)),
      store.window(endpointSlices.stored).subscribe(({ object }) => {
        this.#kickFor(object, object.metadata.labels?.[serviceNameLabel] ?? '');
      }),
    );
  }

  /** Ours and theirs, in the order in which discovery shows them. */
  versions(): readonly ApiVersion[] {
    return this.#sorted;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const name of [...this.#extensions.keys()]) this.#remove(name);
  }

  #onApiService({ type, object }: Change): void {
    if (type === 'DELETED') this.#remove(object.metadata.name);
    else this.#upsert(object);
    this.#sort();
  }

  #upsert(apiService: KubeObject): void {
    const { group = '', version, service } = apiService.spec ?? {};
    const { name, uid } = apiService.metadata;
    const isOurs = this.#local.some((each) => each.group === group && each.version === version);
    const held = this.#extensions.get(name);
    if (!service || isOurs || (held && held.api.apiService.metadata.uid !== uid)) this.#remove(name);
    if (!service || isOurs) return;
    const known = this.#extensions.get(name);
    if (known) {
      if (known.api.update(apiService)) known.check.kick();
      return;
    }
    const api = new ExtensionApi(apiService, this.#options);
    const check = new AvailabilityCheck(api, this.#options);
    this.#extensions.set(name, { api, check });
    check.kick();
  }

  #remove(name: string): void {
    const extension = this.#extensions.get(name);
    extension?.check.stop();
    extension?.api.close();
    this.#extensions.delete(name);
  }

  /** An address has come or gone. */
  #kickFor({ metadata }: KubeObject, serviceName: string): void {
    for (const { api, check } of this.#extensions.values()) {
      const { namespace, name } = api.serviceReference;
      if (namespace === metadata.namespace && name === serviceName) check.kick();
    }
  }

  #sort(): void {
    const ranked = [
      ...this.#local.map((version) => ({ version, priority: localPriority(version) })),
      ...[...this.#extensions.values()].map(({ api }) => ({
        version: api as ApiVersion,
        priority: {
          group: api.apiService.spec.groupPriorityMinimum as number,
          version: api.apiService.spec.versionPriority as number,
        },
      })),
    ];
    const groupPriority = new Map<string, number>();
    for (const { version, priority } of ranked)
      groupPriority.set(version.group, Math.max(groupPriority.get(version.group) ?? 0, priority.group));
    this.#sorted = ranked
      .sort(
        (a, b) =>
          groupPriority.get(b.version.group)! - groupPriority.get(a.version.group)! ||
          order(a.version.group, b.version.group) ||
          b.priority.version - a.priority.version ||
          order(b.version.version, a.version.version),
      )
      .map(({ version }) => version);
  }
}

const order = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

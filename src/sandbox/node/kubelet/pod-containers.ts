import type { ContainerRecord } from '../runtime/protocol.ts';
import type { ContainerView } from './plan.ts';
import { type ContainerSpec, containersOf, type Pod } from './pod.ts';
import type { PodFiles } from './pod-files.ts';
import type { PodProbes } from './pod-probes.ts';

/** What the runtime has told of one pod's containers, with the last words of those that have ended. */
export class PodContainers {
  #files: PodFiles;
  #records: Map<string, ContainerRecord>;
  #messages = new Map<string, string>();

  constructor(records: ContainerRecord[], files: PodFiles) {
    this.#files = files;
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  /** An answer may be looked at after an event that came later: what has ended does not run again. */
  set(record: ContainerRecord): void {
    if (this.#records.get(record.id)?.state === 'exited') return;
    this.#records.set(record.id, record);
  }

  replace(records: ContainerRecord[]): void {
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  get(id: string): ContainerRecord | undefined {
    return this.#records.get(id);
  }

  all(): ContainerRecord[] {
    return [...this.#records.values()];
  }

  /** Of one container, the newest first. */
  instancesOf(name: string): ContainerRecord[] {
    return this.all()
      .filter((record) => record.name === name)
      .sort((a, b) => b.attempt - a.attempt);
  }

  latest(name: string): ContainerRecord | undefined {
    return this.instancesOf(name)[0];
  }

  forget(record: ContainerRecord): void {
    this.#records.delete(record.id);
    this.#messages.delete(record.id);
    this.#files.forgetContainer(record);
  }

  views(pod: Pod, probes: PodProbes): Map<string, ContainerView> {
    const views = new Map<string, ContainerView>();
    for (const container of containersOf(pod)) {
      const [latest, previous] = this.instancesOf(container.name);
      views.set(container.name, {
        latest: latest && this.#withMessage(container, latest),
        previous: previous && this.#withMessage(container, previous),
        ...probes.stateOf(container, latest?.id),
      });
    }
    return views;
  }

  #withMessage(container: ContainerSpec, record: ContainerRecord): ContainerRecord {
    if (record.state !== 'exited' || record.message) return record;
    let message = this.#messages.get(record.id);
    if (message === undefined) {
      message = this.#files.terminationMessage(container, record);
      this.#messages.set(record.id, message);
    }
    return message === '' ? record : { ...record, message };
  }
}

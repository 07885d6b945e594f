import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { diskUseOf } from './disk-use.ts';
import type { PodDisk } from './summary.ts';

export interface PodDirectories {
  uid: string;
  /** Names of the volumes whose files are the node's, as of an emptyDir; those of a hostPath are not the pod's. */
  volumes: string[];
  volumeDirectory: string;
  logDirectory: string;
}

/** The kubelet counts files once a minute; here pods live for seconds. */
const holdsMs = 10_000;

/** What pods have on the disk, counted when it is asked for, and not again for a while. */
export class PodDisks {
  #clock: Clock;
  #pods: () => PodDirectories[];
  #counted: { disks: Promise<Map<string, PodDisk>>; atMs: number } | undefined;

  constructor(clock: Clock, pods: () => PodDirectories[]) {
    this.#clock = clock;
    this.#pods = pods;
  }

  /** By the pod's uid. */
  get(): Promise<Map<string, PodDisk>> {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#counted || nowMs - this.#counted.atMs >= holdsMs) this.#counted = { disks: this.#count(), atMs: nowMs };
    return this.#counted.disks;
  }

  async #count(): Promise<Map<string, PodDisk>> {
    const disks = new Map<string, PodDisk>();
    for (const pod of this.#pods()) {
      const disk: PodDisk = { timeMs: this.#clock.nowMs(), volumes: [], logs: new Map() };
      for (const name of pod.volumes) {
        const use = await diskUseOf(join(pod.volumeDirectory, name));
        if (use) disk.volumes.push({ name, use });
      }
      for (const container of await readdir(pod.logDirectory).catch(() => [])) {
        const use = await diskUseOf(join(pod.logDirectory, container));
        if (use) disk.logs.set(container, use);
      }
      disks.set(pod.uid, disk);
    }
    return disks;
  }
}

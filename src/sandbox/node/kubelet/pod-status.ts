import type { KubeletApi } from './api.ts';
import type { Pod, PodStatus } from './pod.ts';
import { type StatusInputs, statusOf } from './status.ts';

/** The status of one pod as the API server was last told it. Invariant: a status is written once, and only when it differs. */
export class PodStatusWriter {
  #api: KubeletApi;
  #written: { status: PodStatus; text: string } | undefined;

  constructor(api: KubeletApi) {
    this.#api = api;
  }

  get status(): PodStatus | undefined {
    return this.#written?.status;
  }

  /** Rejects when the API server could not be told. */
  async write(pod: Pod, inputs: Omit<StatusInputs, 'written'>): Promise<void> {
    const status = statusOf(pod, { ...inputs, written: this.#written?.status });
    const text = JSON.stringify(status);
    if (this.#written?.text === text) return;
    // A pod that had come to its end before keeps the end that was written.
    if (isOver(pod.status) && !inputs.failure) return;
    await this.#api.writeStatus(pod, status);
    this.#written = { status, text };
  }
}

export function isOver(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

import type { ContainerRecord, Isolation } from '../runtime/protocol.ts';
import type { KubeletApi } from './api.ts';
import { type Pod, titleOf } from './pod.ts';
import { unhonouredFields } from './unhonoured.ts';

/** The events of one pod, whose object changes. */
export class PodEvents {
  #api: KubeletApi;
  #pod: () => Pod;
  #namedUnhonoured: boolean;

  constructor(api: KubeletApi, pod: () => Pod, records: readonly ContainerRecord[]) {
    this.#api = api;
    this.#pod = pod;
    // What was said when the first container was started is not said again by a kubelet that adopts it.
    this.#namedUnhonoured = records.length > 0;
  }

  record(type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const { metadata, spec } = this.#pod();
    const { namespace, name, uid } = metadata;
    const inits = spec.initContainers?.some((each) => each.name === container);
    const fieldPath =
      container === undefined ? undefined : `spec.${inits ? 'initContainers' : 'containers'}{${container}}`;
    this.#api.record({
      object: { kind: 'Pod', namespace, name, uid, ...(fieldPath ? { fieldPath } : {}) },
      type,
      reason,
      message,
    });
  }

  backOff(container: string): void {
    const message = `Back-off restarting failed container ${container} in pod ${titleOf(this.#pod())}`;
    this.record('Warning', 'BackOff', message, container);
  }

  /** As with a kubelet, an event is all that tells of a volume that is not there: its containers are still being created. */
  failed(container: string, reason: string, message: string): void {
    if (reason === 'FailedMount') this.record('Warning', reason, `MountVolume.SetUp failed: ${message}`);
    else this.record('Warning', 'Failed', `Error: ${message}`, container);
  }

  notPulled(container: string, image = ''): void {
    const message = `Container image "${image}" is not pulled: the sandbox runs commands of this machine`;
    this.record('Normal', 'Pulled', message, container);
  }

  /** One event for the pod, before its first container starts. */
  nameUnhonoured(isolation: Isolation): void {
    if (this.#namedUnhonoured) return;
    this.#namedUnhonoured = true;
    const fields = unhonouredFields(this.#pod(), isolation);
    if (fields.length === 0) return;
    this.record(
      'Warning',
      'NotHonoured',
      `The sandbox's node does not honour these fields of spec: ${fields.join(', ')}`,
    );
  }
}

import type { Clock } from '../../../base/clock.ts';
import type { ContainerSpec } from './pod.ts';
import type { Exec } from './probe.ts';
import { type ProbeKind, runProbes } from './prober.ts';

interface ProbeState {
  id: string;
  started: boolean;
  ready: boolean;
  abort: AbortController;
}

export interface PodProbesHandlers {
  exec: (id: string) => Exec;
  onChange: () => void;
  onUnhealthy: (container: ContainerSpec, id: string, kind: ProbeKind) => void;
  onFailure: (container: ContainerSpec, kind: ProbeKind, message: string) => void;
}

/** The probes of one pod's containers. Invariant: at most one set of probes runs for a container, that of its newest instance. */
export class PodProbes {
  #clock: Clock;
  #handlers: PodProbesHandlers;
  #states = new Map<string, ProbeState>();

  constructor(clock: Clock, handlers: PodProbesHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  /** Without probes, a container that runs has started and is ready. */
  stateOf(container: ContainerSpec, id: string | undefined): { started: boolean; ready: boolean } {
    const state = this.#states.get(container.name);
    if (state && state.id === id) return { started: state.started, ready: state.ready };
    return atFirst(container);
  }

  /** Begins with an instance that runs; nothing happens for one that is probed already. */
  watch(container: ContainerSpec, id: string): void {
    if (this.#states.get(container.name)?.id === id) return;
    this.#states.get(container.name)?.abort.abort();
    const state: ProbeState = { id, ...atFirst(container), abort: new AbortController() };
    this.#states.set(container.name, state);
    if (!container.startupProbe && !container.readinessProbe && !container.livenessProbe) return;
    const { exec, onChange, onUnhealthy, onFailure } = this.#handlers;
    const handlers = {
      onStarted: () => {
        state.started = true;
        onChange();
      },
      onReady: (ready: boolean) => {
        if (state.ready === ready) return;
        state.ready = ready;
        onChange();
      },
      onUnhealthy: (kind: ProbeKind) => onUnhealthy(container, id, kind),
      onFailure: (kind: ProbeKind, message: string) => onFailure(container, kind, message),
    };
    void runProbes(container, exec(id), this.#clock, handlers, state.abort.signal);
  }

  /** The instance is ending or has ended. */
  stop(name: string, id: string): void {
    const state = this.#states.get(name);
    if (state?.id === id) state.abort.abort();
  }

  close(): void {
    for (const { abort } of this.#states.values()) abort.abort();
  }
}

function atFirst({ startupProbe, readinessProbe }: ContainerSpec): { started: boolean; ready: boolean } {
  return { started: !startupProbe, ready: !startupProbe && !readinessProbe };
}

/** Addresses that belong together, as labels; one without targets is gone. */
export interface TargetGroup {
  /** What the group came from; the same source replaces it. */
  source: string;
  labels: Readonly<Record<string, string>>;
  /** Each has `__address__`. */
  targets: readonly Readonly<Record<string, string>>[];
}

/** Tells groups as they are found and change. */
export interface Discovery {
  /** Resolves when the signal aborts. */
  run(update: (group: TargetGroup) => void, signal: AbortSignal): Promise<void>;
}

/** A query as the list of running ones shows it. */
export interface RunningQuery {
  id: string;
  query: string;
  tenant: string;
  by: string;
  startMs: number;
  endMs: number;
  stepMs: number;
  state: 'queued' | 'reading' | 'computing' | 'sending';
  sinceMs: number;
  seriesRead: number;
  samplesRead: number;
}

interface Entry extends RunningQuery {
  stop: AbortController;
}

/** What is being asked right now, and the means to end it. */
export class RunningQueries {
  readonly #entries = new Map<string, Entry>();
  #last = 0;

  begin(query: Omit<RunningQuery, 'id' | 'state' | 'seriesRead' | 'samplesRead'>): Entry {
    const id = String(++this.#last);
    const entry: Entry = { ...query, id, state: 'queued', seriesRead: 0, samplesRead: 0, stop: new AbortController() };
    this.#entries.set(id, entry);
    return entry;
  }

  end({ id }: { id: string }): void {
    this.#entries.delete(id);
  }

  list(tenant: string): RunningQuery[] {
    return [...this.#entries.values()].filter((entry) => entry.tenant === tenant).map(({ stop, ...shown }) => shown);
  }

  /** False where this tenant has no such query. */
  cancel(tenant: string, id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry?.tenant !== tenant) return false;
    entry.stop.abort();
    return true;
  }

  cancelAll(): void {
    for (const { stop } of this.#entries.values()) stop.abort();
  }
}

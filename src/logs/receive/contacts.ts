/** Nodes that are remembered of all tenants; the one heard of longest ago is forgotten first. */
const nodesMax = 20_000;
/** An agent says something at least every 15 s; after so long without a word it is taken to be gone. */
const silentAfterMs = 45_000;

export interface AgentContact {
  node: string;
  version: string;
  heardMsAgo: number;
}

/** Which agents were heard of, and when. In memory: after a start of the server they all come forward by themselves. */
export class AgentContacts {
  readonly #contacts = new Map<string, { tenant: string; node: string; version: string; heardAtMs: number }>();
  readonly #nowMs: () => number;
  readonly #sinceMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  heard(tenant: string, { node, version }: { node: string; version: string }): void {
    const key = JSON.stringify([tenant, node]);
    this.#contacts.delete(key);
    this.#contacts.set(key, { tenant, node, version, heardAtMs: this.#nowMs() });
    if (this.#contacts.size > nodesMax) this.#contacts.delete(this.#contacts.keys().next().value!);
  }

  list(tenant: string): AgentContact[] {
    return [...this.#contacts.values()]
      .filter((contact) => contact.tenant === tenant)
      .map(({ node, version, heardAtMs }) => ({ node, version, heardMsAgo: this.#nowMs() - heardAtMs }))
      .sort((a, b) => (a.node < b.node ? -1 : 1));
  }

  /** How long the node's agent has said nothing, where that is too long; null where it is not. */
  silentMs(tenant: string, node: string): number | null {
    const heardAtMs = this.#contacts.get(JSON.stringify([tenant, node]))?.heardAtMs ?? this.#sinceMs;
    const silentMs = this.#nowMs() - heardAtMs;
    return silentMs > silentAfterMs ? silentMs : null;
  }
}

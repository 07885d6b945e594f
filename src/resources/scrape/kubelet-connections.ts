import type { KubeletConnection, TlsUse } from './kubelet-connection.ts';
import type { Endpoint } from './node-facts.ts';

interface Kept {
  connection: KubeletConnection;
  tls: TlsUse | undefined;
  round: number;
}

/**
 * Connections that are kept from round to round, at most one for each address.
 * Invariant: a kept connection has no request under way and carries the TLS material that it was opened with.
 */
export class KubeletConnections {
  readonly #kept = new Map<string, Kept>();
  #round = 0;

  get size(): number {
    return this.#kept.size;
  }

  /** Closes what the round before did not use: its node is gone. */
  beginRound(): void {
    for (const [address, { connection, round }] of this.#kept) {
      if (round === this.#round) continue;
      this.#kept.delete(address);
      connection.close();
    }
    this.#round++;
  }

  /** Undefined where there is none that is open and carries this material. */
  take(endpoint: Endpoint, tls: TlsUse | undefined): KubeletConnection | undefined {
    const address = addressOf(endpoint);
    const kept = this.#kept.get(address);
    this.#kept.delete(address);
    if (!kept?.connection.isOpen) return undefined;
    if (kept.tls === tls) return kept.connection;
    kept.connection.close();
    return undefined;
  }

  keep(endpoint: Endpoint, tls: TlsUse | undefined, connection: KubeletConnection): void {
    const address = addressOf(endpoint);
    this.#kept.get(address)?.connection.close();
    this.#kept.set(address, { connection, tls, round: this.#round });
  }

  close(): void {
    for (const { connection } of this.#kept.values()) connection.close();
    this.#kept.clear();
  }
}

function addressOf({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}

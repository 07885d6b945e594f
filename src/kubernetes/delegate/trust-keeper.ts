import { Fault, messageOf } from '../../base/fault.ts';
import type { KubeObject, KubernetesClient } from '../client/client.ts';
import { createReflector } from '../client/reflector.ts';
import { RereadingFile } from '../client/rereading-file.ts';
import { isApiError } from '../client/status.ts';
import { readBundle } from './certificate-chain.ts';
import type { DelegationParts } from './settings.ts';
import { noTrust, type Trust, trustOf } from './trust.ts';

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';

/**
 * Invariant: `current` is what the files and the ConfigMap said when they could be read last; what cannot be read changes
 * nothing, and is logged. Files go before the ConfigMap.
 */
export class TrustKeeper {
  current: Trust = noTrust;
  readonly lookedUp: Promise<void>;
  readonly #parts: DelegationParts;
  readonly #clientCaFile: RereadingFile | undefined;
  readonly #proxyCaFile: RereadingFile | undefined;
  readonly #listeners: ((clientCas: readonly string[]) => void)[] = [];
  readonly #ending = new AbortController();
  readonly #fileTimer: NodeJS.Timeout | undefined;
  #fromMap: Trust = noTrust;
  #missing: string | undefined;

  constructor(client: KubernetesClient | undefined, parts: DelegationParts) {
    this.#parts = parts;
    const { clientCaFile, requestHeader, skipLookup, fileCheckMs } = parts.settings;
    this.#clientCaFile = clientCaFile === undefined ? undefined : new RereadingFile(clientCaFile, '--client-ca-file');
    this.#proxyCaFile =
      requestHeader.clientCaFile === undefined
        ? undefined
        : new RereadingFile(requestHeader.clientCaFile, '--requestheader-client-ca-file');
    this.current = this.#combined();
    if (this.#clientCaFile || this.#proxyCaFile)
      this.#fileTimer = setInterval(() => this.#refresh(), fileCheckMs).unref();
    const needed = !skipLookup && !(this.#clientCaFile && this.#proxyCaFile);
    this.lookedUp = client && needed ? this.#follow(client) : Promise.resolve();
    this.lookedUp.catch(() => {});
  }

  clientCas(): readonly string[] {
    const { clientPem, requestHeader } = this.current;
    return [clientPem, requestHeader?.pem].filter((pem) => pem !== undefined);
  }

  onChange(listener: (clientCas: readonly string[]) => void): void {
    this.#listeners.push(listener);
    this.#tell(listener);
  }

  missing(): string | undefined {
    return this.#missing;
  }

  close(): void {
    clearInterval(this.#fileTimer);
    this.#ending.abort();
  }

  #follow(client: KubernetesClient): Promise<void> {
    this.#missing = `the ConfigMap ${namespace}/${name} has not been read yet`;
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#missing = undefined;
        resolve();
      };
      const reflector = createReflector(
        client,
        { path: `/api/v1/namespaces/${namespace}/configmaps`, fieldSelector: `metadata.name=${name}` },
        {
          onUpsert: (map) => this.#take(map),
          // As with an API server of its own, what was believed is believed on: the map is about to be written anew.
          onDelete: () => {},
          onSynced: done,
          onTrouble: (error) => {
            this.#missing &&= `the ConfigMap ${namespace}/${name} cannot be read: ${messageOf(error)}`;
            if (this.#missing && isApiError(error, 403)) this.#lookupRefused(error, done, reject);
          },
        },
        { clock: this.#parts.clock, random: this.#parts.random },
      );
      reflector.run(this.#ending.signal).catch(reject);
    });
  }

  #lookupRefused(error: Error, done: () => void, reject: (fault: Fault) => void): void {
    const message = `the ConfigMap ${namespace}/${name} may not be read: ${error.message}`;
    if (this.#parts.settings.tolerateLookupFailure) {
      this.#parts.log.warn(`${message}; only tokens and certificates of files are believed`);
      done();
      return;
    }
    const hint = `kubectl create rolebinding -n ${namespace} NAME --role=extension-apiserver-authentication-reader --serviceaccount=NAMESPACE:ACCOUNT`;
    reject(new Fault('forbidden', message, { hint }));
  }

  #take(map: KubeObject): void {
    if (map.metadata.name !== name) return;
    try {
      this.#fromMap = trustOf(map.data ?? {});
    } catch (error) {
      this.#complain('the authentication ConfigMap is not as it should be; what it said before counts on', error);
      return;
    }
    this.#refresh();
  }

  #refresh(): void {
    const before = this.clientCas();
    try {
      this.current = this.#combined();
    } catch (error) {
      this.#complain('an authority cannot be read; what it was before counts on', error);
      return;
    }
    if (this.clientCas().join() === before.join()) return;
    this.#parts.log.info('the authorities of clients have changed');
    for (const listener of this.#listeners) this.#tell(listener);
  }

  /** One that cannot take them must not end the watch. */
  #tell(listener: (clientCas: readonly string[]) => void): void {
    try {
      listener(this.clientCas());
    } catch (error) {
      this.#complain('the authorities of clients cannot be taken up', error);
    }
  }

  #complain(message: string, error: unknown): void {
    this.#parts.log.error(message, { error: messageOf(error) });
  }

  #combined(): Trust {
    const { clientCaFile: _file, ...headers } = this.#parts.settings.requestHeader;
    const clientPem = this.#clientCaFile?.read();
    const proxyPem = this.#proxyCaFile?.read();
    return {
      clientPem: clientPem ?? this.#fromMap.clientPem,
      clientAuthorities:
        clientPem === undefined ? this.#fromMap.clientAuthorities : readBundle(clientPem, '--client-ca-file'),
      requestHeader:
        proxyPem === undefined
          ? this.#fromMap.requestHeader
          : { ...headers, pem: proxyPem, authorities: readBundle(proxyPem, '--requestheader-client-ca-file') },
    };
  }
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Clock, systemClock } from '../base/clock.ts';
import { Fault, messageOf } from '../base/fault.ts';
import { RereadingFile } from '../kubernetes/client/rereading-file.ts';
import { type KeyPair, selfSignedServer } from '../kubernetes/pki/pki.ts';
import type { Logger } from '../telemetry/telemetry.ts';

/** Two files of PEM, or a directory for a certificate that we sign ourselves. */
export type CertificateSource = { certFile: string; keyFile: string } | { directory: string; hosts: readonly string[] };

/** The base name of the files, as API servers have it. */
const name = 'apiserver';
const fileCheckMs = 10_000;
const renewalCheckMs = 12 * 3600_000;

/** Invariant: `current` is a certificate and the key that belongs to it; what cannot be read or does not fit changes nothing. */
export class ServingCertificate {
  current: KeyPair;
  readonly #reading: () => KeyPair | Promise<KeyPair>;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #onChange: (pair: KeyPair) => void = () => {};

  private constructor(current: KeyPair, reading: () => KeyPair | Promise<KeyPair>, everyMs: number, log: Logger) {
    this.current = current;
    this.#reading = reading;
    this.#log = log;
    this.#timer = setInterval(() => void this.check(), everyMs).unref();
  }

  /** Throws Fault `usage` where files cannot be read. */
  static async open(source: CertificateSource, log: Logger, clock: Clock = systemClock): Promise<ServingCertificate> {
    if ('directory' in source) {
      const reading = () => selfSigned(source, clock);
      return new ServingCertificate(await reading(), reading, renewalCheckMs, log);
    }
    const certificate = new RereadingFile(source.certFile, '--tls-cert-file');
    const key = new RereadingFile(source.keyFile, '--tls-private-key-file');
    const reading = () => fitting({ certificate: certificate.read(), key: key.read() }, source);
    return new ServingCertificate(reading(), reading, fileCheckMs, log);
  }

  onChange(listener: (pair: KeyPair) => void): void {
    this.#onChange = listener;
  }

  /** Looks whether there is another one. */
  async check(): Promise<void> {
    try {
      const pair = await this.#reading();
      if (pair.certificate === this.current.certificate && pair.key === this.current.key) return;
      this.current = pair;
      this.#onChange(pair);
      this.#log.info('the certificate has changed');
    } catch (error) {
      // Two files are seldom written at the same moment.
      this.#log.warn('the certificate cannot be taken up; the one before serves on', { error: messageOf(error) });
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

async function selfSigned(
  { directory, hosts }: { directory: string; hosts: readonly string[] },
  clock: Clock,
): Promise<KeyPair> {
  try {
    return await selfSignedServer(directory, name, hosts, clock);
  } catch (error) {
    throw new Fault('usage', `--cert-dir ${directory}: ${messageOf(error)}`, {
      cause: error,
      hint: 'name a directory that can be written to, or files with --tls-cert-file and --tls-private-key-file',
    });
  }
}

function fitting(pair: KeyPair, { certFile, keyFile }: { certFile: string; keyFile: string }): KeyPair {
  let fits: boolean;
  try {
    fits = new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key));
  } catch (error) {
    throw new Fault('usage', `${certFile} and ${keyFile} are no certificate and key in PEM: ${messageOf(error)}`);
  }
  if (!fits) throw new Fault('usage', `the key in ${keyFile} is not that of the certificate in ${certFile}`);
  return pair;
}

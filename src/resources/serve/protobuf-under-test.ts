import { join } from 'node:path';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';

const definitions = loadSync(join(import.meta.dirname, 'metrics-v1beta1-under-test.proto'), { longs: Number });
const service = definitions['under.test.Read'] as ServiceDefinition;
const magic = Buffer.from('k8s\0');

// biome-ignore lint/suspicious/noExplicitAny: messages are open objects, and tests look at what they expect
type Message = any;

const read = (message: string, bytes: Buffer): Message => service[message]!.responseDeserialize(bytes);

/** An answer as a client reads it: the envelope, then the message that it says is within. Not by our own code. */
export function readEnveloped(bytes: Buffer): { apiVersion: string; kind: string; message: Message } {
  if (!bytes.subarray(0, 4).equals(magic)) throw new Error('the magic is missing');
  const { typeMeta, raw } = read('Unknown', bytes.subarray(4));
  return { apiVersion: typeMeta.apiVersion, kind: typeMeta.kind, message: read(typeMeta.kind, raw) };
}

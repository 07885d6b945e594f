import type { NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import { apiVersion, type Kind, type ListForm } from './form.ts';
import { LabelsCache } from './labels-cache.ts';
import { cpuText, memoryText, nanosOf } from './quantities.ts';
import { ReverseWriter } from './reverse-writer.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0');
/** Items are copied into pieces of about this size. */
const pieceBytes = 64 * 1024;

/** Field 11 of ObjectMeta, once for each label. */
const labelsProtobuf = new LabelsCache((labels) => {
  const writer = new ReverseWriter();
  for (const [key, value] of labels.reverse()) {
    const before = writer.length;
    writer.string(2, value);
    writer.string(1, key);
    writer.lengthField(11, writer.length - before);
  }
  return writer.take();
});

/**
 * The messages of k8s.io/metrics v1beta1 behind Kubernetes's envelope: a list where `isList`, else the one item.
 * Field numbers are those of its generated.proto, of meta/v1 and of runtime.Unknown.
 */
export class ProtobufForm implements ListForm {
  readonly contentType = protobufType;
  readonly #kind: Kind;
  readonly #isList: boolean;
  readonly #nowSeconds: number;
  readonly #writer = new ReverseWriter();
  readonly #pieces: Buffer[] = [];
  #held: Buffer[] = [];
  #heldBytes = 0;
  #bytes = 0;

  constructor(kind: Kind, isList: boolean, nowMs: number) {
    this.#kind = kind;
    this.#isList = isList;
    this.#nowSeconds = Math.floor(nowMs / 1000);
  }

  pod(pod: PodMetrics): void {
    const writer = this.#writer;
    for (let i = pod.containers.length - 1; i >= 0; i--) {
      const { name, usage } = pod.containers[i]!;
      const before = writer.length;
      this.#usage(2, usage);
      writer.string(1, name);
      writer.lengthField(4, writer.length - before);
    }
    this.#times(pod.timeMs, pod.windowMs);
    this.#metadata(pod.name, pod.namespace, pod.labels);
    this.#finishItem();
  }

  node(node: NodeMetrics): void {
    this.#usage(4, node.usage);
    this.#times(node.usage.timeMs, node.usage.windowMs);
    this.#metadata(node.name, '', node.labels);
    this.#finishItem();
  }

  end(): Buffer[] {
    this.#cut();
    const writer = new ReverseWriter();
    // contentEncoding and contentType of the envelope, both empty.
    writer.string(4, '');
    writer.string(3, '');
    const tail = writer.take();
    // An empty ListMeta goes before the items.
    const listHead = this.#isList ? Buffer.from([0x0a, 0x00]) : Buffer.alloc(0);
    writer.raw(listHead);
    writer.lengthField(2, listHead.length + this.#bytes);
    const before = writer.length;
    writer.string(2, this.#isList ? `${this.#kind}List` : this.#kind);
    writer.string(1, apiVersion);
    writer.lengthField(1, writer.length - before);
    writer.raw(magic);
    return [writer.take(), ...this.#pieces, tail];
  }

  #usage(field: number, { cpuNanocores, memoryBytes }: Usage): void {
    this.#quantity(field, 'memory', memoryText(memoryBytes));
    this.#quantity(field, 'cpu', cpuText(cpuNanocores));
  }

  /** An entry of a map: key 1, value 2, which is a Quantity: its text 1. */
  #quantity(field: number, name: string, text: string): void {
    const writer = this.#writer;
    const before = writer.length;
    writer.string(1, text);
    writer.lengthField(2, writer.length - before);
    writer.string(1, name);
    writer.lengthField(field, writer.length - before);
  }

  #times(timeMs: number, windowMs: number): void {
    const writer = this.#writer;
    let before = writer.length;
    writer.varintField(1, nanosOf(windowMs));
    writer.lengthField(3, writer.length - before);
    before = writer.length;
    this.#time(timeMs / 1000);
    writer.lengthField(2, writer.length - before);
  }

  /** Seconds and nanoseconds; of the latter there are none in metav1.Time. */
  #time(seconds: number): void {
    this.#writer.varintField(2, 0);
    this.#writer.varintField(1, Math.max(0, Math.floor(seconds)));
  }

  #metadata(name: string, namespace: string, labels: Readonly<Record<string, string>>): void {
    const writer = this.#writer;
    const before = writer.length;
    writer.raw(labelsProtobuf.of(labels));
    const time = writer.length;
    this.#time(this.#nowSeconds);
    writer.lengthField(8, writer.length - time);
    writer.string(3, namespace);
    writer.string(1, name);
    writer.lengthField(1, writer.length - before);
  }

  #finishItem(): void {
    if (this.#isList) this.#writer.lengthField(2, this.#writer.length);
    const item = this.#writer.take();
    this.#held.push(item);
    this.#heldBytes += item.length;
    this.#bytes += item.length;
    if (this.#heldBytes >= pieceBytes) this.#cut();
  }

  #cut(): void {
    this.#pieces.push(Buffer.concat(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
  }
}

import type { ContainerMetrics, NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import { apiVersion, type Kind, type ListForm } from './form.ts';
import { LabelsCache } from './labels-cache.ts';
import { Amount, nanosOf } from './quantities.ts';
import { ReverseWriter } from './reverse-writer.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0');
const amount = new Amount();

/** Of ObjectMeta: labels 11. */
const labelsField = new LabelsCache((labels) => {
  const writer = new ReverseWriter();
  for (const key in labels) {
    const entry = writer.length;
    writer.string(2, labels[key]!);
    writer.string(1, key);
    writer.lengthField(11, writer.length - entry);
  }
  return Buffer.from(writer.take());
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
  /** Of one item, which goes to `#items` when it is done. */
  readonly #writer = new ReverseWriter();
  readonly #items = new ByteWriter();
  #bytes = 0;

  constructor(kind: Kind, isList: boolean, nowMs: number) {
    this.#kind = kind;
    this.#isList = isList;
    this.#nowSeconds = Math.floor(nowMs / 1000);
  }

  add(item: PodMetrics | NodeMetrics): void {
    const writer = this.#writer;
    this.#item(item);
    if (this.#isList) writer.lengthField(2, writer.length);
    this.#bytes += writer.length;
    this.#items.bytes(writer.take());
  }

  /** The length of all goes before everything. */
  take(): Buffer[] {
    return [];
  }

  end(): Buffer[] {
    const writer = this.#writer;
    // contentEncoding and contentType of the envelope, both empty.
    writer.string(4, '');
    writer.string(3, '');
    this.#items.bytes(writer.take());
    // An empty ListMeta goes before the items.
    const listHead = this.#isList ? Buffer.from([0x0a, 0x00]) : Buffer.alloc(0);
    writer.raw(listHead);
    writer.lengthField(2, listHead.length + this.#bytes);
    const before = writer.length;
    writer.string(2, this.#isList ? `${this.#kind}List` : this.#kind);
    writer.string(1, apiVersion);
    writer.lengthField(1, writer.length - before);
    writer.raw(magic);
    return [Buffer.from(writer.take()), ...this.#items.end()];
  }

  #item(item: PodMetrics | NodeMetrics): void {
    if ('containers' in item) {
      for (let at = item.containers.length - 1; at >= 0; at--) this.#container(item.containers[at]!);
      this.#times(item.timeMs, item.windowMs);
    } else {
      this.#usage(4, item.usage);
      this.#times(item.usage.timeMs, item.usage.windowMs);
    }
    this.#metadata(item);
  }

  #container({ name, usage }: ContainerMetrics): void {
    const before = this.#writer.length;
    this.#usage(2, usage);
    this.#writer.string(1, name);
    this.#writer.lengthField(4, this.#writer.length - before);
  }

  #usage(field: number, { cpuNanocores, memoryBytes }: Usage): void {
    this.#quantity(field, 'memory', amount.memory(memoryBytes));
    this.#quantity(field, 'cpu', amount.cpu(cpuNanocores));
  }

  /** An entry of a map: key 1, value 2, which is a Quantity. */
  #quantity(field: number, name: string, quantity: Amount): void {
    const writer = this.#writer;
    const before = writer.length;
    writer.amount(quantity);
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

  /** ObjectMeta: name 1, namespace 3, creationTimestamp 8, and labels. */
  #metadata(item: PodMetrics | NodeMetrics): void {
    const writer = this.#writer;
    const before = writer.length;
    writer.raw(labelsField.of(item.labels));
    const time = writer.length;
    this.#time(this.#nowSeconds);
    writer.lengthField(8, writer.length - time);
    if ('namespace' in item) writer.string(3, item.namespace);
    writer.string(1, item.name);
    writer.lengthField(1, writer.length - before);
  }
}

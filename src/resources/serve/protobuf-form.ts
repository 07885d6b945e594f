import type { ContainerMetrics, NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import { apiVersion, type Kind, type ListForm } from './form.ts';
import { cpuText, memoryText, nanosOf } from './quantities.ts';
import { ReverseWriter } from './reverse-writer.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0');
/** Written together, last first. */
const itemsPerPiece = 256;

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
  #waiting: (PodMetrics | NodeMetrics)[] = [];
  #bytes = 0;

  constructor(kind: Kind, isList: boolean, nowMs: number) {
    this.#kind = kind;
    this.#isList = isList;
    this.#nowSeconds = Math.floor(nowMs / 1000);
  }

  pod(item: PodMetrics): void {
    this.#add(item);
  }

  node(item: NodeMetrics): void {
    this.#add(item);
  }

  /** The length of all goes before everything. */
  take(): Buffer[] {
    return [];
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

  #add(item: PodMetrics | NodeMetrics): void {
    this.#waiting.push(item);
    if (this.#waiting.length >= itemsPerPiece) this.#cut();
  }

  #cut(): void {
    const writer = this.#writer;
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const before = writer.length;
      this.#item(this.#waiting[at]!);
      if (this.#isList) writer.lengthField(2, writer.length - before);
    }
    this.#waiting = [];
    const piece = writer.take();
    this.#bytes += piece.length;
    this.#pieces.push(piece);
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

  /** ObjectMeta: name 1, namespace 3, creationTimestamp 8, labels 11. */
  #metadata(item: PodMetrics | NodeMetrics): void {
    const writer = this.#writer;
    const before = writer.length;
    for (const key in item.labels) {
      const entry = writer.length;
      writer.string(2, item.labels[key]!);
      writer.string(1, key);
      writer.lengthField(11, writer.length - entry);
    }
    const time = writer.length;
    this.#time(this.#nowSeconds);
    writer.lengthField(8, writer.length - time);
    if ('namespace' in item) writer.string(3, item.namespace);
    writer.string(1, item.name);
    writer.lengthField(1, writer.length - before);
  }
}

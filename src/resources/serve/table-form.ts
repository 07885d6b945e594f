import type { NodeMetrics, PodMetrics } from '../resources.ts';
import { apiVersion, type ListForm } from './form.ts';
import { metadataFields, nodeFields, podFields, windowOf } from './json-item.ts';
import { cpuText, memoryText } from './quantities.ts';
import { TextPieces } from './text-pieces.ts';

export interface TableOptions {
  nowMs: number;
  /** Of meta.k8s.io. */
  tableVersion: string;
  include: 'None' | 'Metadata' | 'Object';
  contentType: string;
}

/** As metrics-server has them: the resources by name, in small letters. */
const columns = JSON.stringify([
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the resource', priority: 0 },
  { name: 'cpu', type: 'string', format: 'quantity', description: '', priority: 0 },
  { name: 'memory', type: 'string', format: 'quantity', description: '', priority: 0 },
  { name: 'Window', type: 'string', format: 'duration', description: '', priority: 0 },
]);

/** What `kubectl get podmetrics` and `kubectl get nodemetrics` print; a pod's row is the sum of its containers. */
export class TableForm implements ListForm {
  readonly contentType: string;
  readonly #options: TableOptions;
  readonly #pieces = new TextPieces();
  #count = 0;

  constructor(options: TableOptions) {
    this.contentType = options.contentType;
    this.#options = options;
    const head = `{"kind":"Table","apiVersion":"meta.k8s.io/${options.tableVersion}","metadata":{},`;
    this.#pieces.add(`${head}"columnDefinitions":${columns},"rows":[`);
  }

  pod(item: PodMetrics): void {
    let [cpu, memory] = [0, 0];
    for (const { usage } of item.containers) {
      cpu += Math.trunc(usage.cpuNanocores);
      memory += Math.trunc(usage.memoryBytes);
    }
    this.#row(item, cpu, memory, item.windowMs);
  }

  node(item: NodeMetrics): void {
    const { cpuNanocores, memoryBytes, windowMs } = item.usage;
    this.#row(item, cpuNanocores, memoryBytes, windowMs);
  }

  take(): Buffer[] {
    return this.#pieces.take();
  }

  end(): Buffer[] {
    return this.#pieces.end(']}\n');
  }

  #row(item: PodMetrics | NodeMetrics, cpu: number, memory: number, windowMs: number): void {
    const name = JSON.stringify(item.name);
    const cells = `{"cells":[${name},"${cpuText(cpu)}","${memoryText(memory)}","${windowOf(windowMs)}"]`;
    this.#pieces.add(`${this.#count++ === 0 ? '' : ','}${cells}${this.#object(item)}}`);
  }

  #object(item: PodMetrics | NodeMetrics): string {
    const { include, tableVersion, nowMs } = this.#options;
    if (include === 'None') return '';
    if (include === 'Metadata')
      return `,"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${tableVersion}",${metadataFields(item, nowMs)}}`;
    if ('containers' in item)
      return `,"object":{"kind":"PodMetrics","apiVersion":"${apiVersion}",${podFields(item, nowMs)}}`;
    return `,"object":{"kind":"NodeMetrics","apiVersion":"${apiVersion}",${nodeFields(item, nowMs)}}`;
  }
}

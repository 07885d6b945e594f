import type { NodeMetrics, PodMetrics } from '../resources.ts';
import { apiVersion, type Kind, type ListForm } from './form.ts';
import { nodeFields, nodeMetadata, podFields, podMetadata, quoted } from './json-item.ts';
import { cpuText, durationText, memoryText } from './quantities.ts';
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
    const { nowMs } = this.#options;
    this.#row(item.name, cpu, memory, item.windowMs, 'PodMetrics', podMetadata(item, nowMs), () =>
      podFields(item, nowMs),
    );
  }

  node(item: NodeMetrics): void {
    const { cpuNanocores, memoryBytes, windowMs } = item.usage;
    const { nowMs } = this.#options;
    this.#row(item.name, cpuNanocores, memoryBytes, windowMs, 'NodeMetrics', nodeMetadata(item, nowMs), () =>
      nodeFields(item, nowMs),
    );
  }

  end(): Buffer[] {
    return this.#pieces.end(']}\n');
  }

  #row(
    name: string,
    cpu: number,
    memory: number,
    windowMs: number,
    kind: Kind,
    metadata: string,
    fields: () => string,
  ): void {
    const cells = `"cells":[${quoted(name)},"${cpuText(cpu)}","${memoryText(memory)}","${durationText(windowMs)}"]`;
    this.#pieces.add(`${this.#count++ === 0 ? '' : ','}{${cells}${this.#object(kind, metadata, fields)}}`);
  }

  #object(kind: Kind, metadata: string, fields: () => string): string {
    const { include, tableVersion } = this.#options;
    if (include === 'None') return '';
    if (include === 'Object') return `,"object":{"kind":"${kind}","apiVersion":"${apiVersion}",${fields()}}`;
    return `,"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${tableVersion}",${metadata}}`;
  }
}

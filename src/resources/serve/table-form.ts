import type { NodeMetrics, PodMetrics } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import { apiVersion, type ListForm } from './form.ts';
import { writeCpu, writeItem, writeMemory, writeMetadata, writeWindow } from './json-item.ts';

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
  readonly #writer = new ByteWriter();
  #count = 0;

  constructor(options: TableOptions) {
    this.contentType = options.contentType;
    this.#options = options;
    const head = `{"kind":"Table","apiVersion":"meta.k8s.io/${options.tableVersion}","metadata":{},`;
    this.#writer.plain(`${head}"columnDefinitions":${columns},"rows":[`);
  }

  add(item: PodMetrics | NodeMetrics): void {
    if ('usage' in item) {
      const { cpuNanocores, memoryBytes, windowMs } = item.usage;
      this.#row(item, cpuNanocores, memoryBytes, windowMs);
      return;
    }
    let [cpu, memory] = [0, 0];
    for (const { usage } of item.containers) {
      cpu += Math.trunc(usage.cpuNanocores);
      memory += Math.trunc(usage.memoryBytes);
    }
    this.#row(item, cpu, memory, item.windowMs);
  }

  take(): Buffer[] {
    return this.#writer.take();
  }

  end(): Buffer[] {
    this.#writer.plain(']}\n');
    return this.#writer.end();
  }

  #row(item: PodMetrics | NodeMetrics, cpu: number, memory: number, windowMs: number): void {
    const writer = this.#writer;
    writer.plain(this.#count++ === 0 ? '{"cells":[' : ',{"cells":[');
    writer.json(item.name);
    writer.plain(',"');
    writeCpu(writer, cpu);
    writer.plain('","');
    writeMemory(writer, memory);
    writer.plain('","');
    writeWindow(writer, windowMs);
    writer.plain('"]');
    this.#object(item);
    writer.plain('}');
  }

  #object(item: PodMetrics | NodeMetrics): void {
    const { include, tableVersion, nowMs } = this.#options;
    if (include === 'None') return;
    const writer = this.#writer;
    if (include === 'Metadata') {
      writer.plain(`,"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${tableVersion}",`);
      writeMetadata(writer, item, nowMs);
    } else {
      const kind = 'usage' in item ? 'NodeMetrics' : 'PodMetrics';
      writer.plain(`,"object":{"kind":"${kind}","apiVersion":"${apiVersion}",`);
      writeItem(writer, item, nowMs);
    }
    writer.plain('}');
  }
}

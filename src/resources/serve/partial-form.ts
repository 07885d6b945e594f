import type { NodeMetrics, PodMetrics } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ListForm } from './form.ts';
import { writeMetadata } from './json-item.ts';

/** The view that has metadata only: PartialObjectMetadata of one object, PartialObjectMetadataList of many. */
export class PartialForm implements ListForm {
  readonly contentType: string;
  readonly #nowMs: number;
  readonly #head: string;
  readonly #isList: boolean;
  readonly #writer = new ByteWriter();
  #count = 0;

  constructor(isList: boolean, metaVersion: string, nowMs: number, contentType: string) {
    this.contentType = contentType;
    this.#nowMs = nowMs;
    this.#isList = isList;
    this.#head = `"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${metaVersion}"`;
    if (!isList) return;
    const kind = `"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${metaVersion}"`;
    this.#writer.plain(`{${kind},"metadata":{},"items":[`);
  }

  add(item: PodMetrics | NodeMetrics): void {
    this.#writer.plain(`${this.#count++ === 0 ? '' : ','}{${this.#head},`);
    writeMetadata(this.#writer, item, this.#nowMs);
    this.#writer.plain('}');
  }

  take(): Buffer[] {
    return this.#writer.take();
  }

  end(): Buffer[] {
    this.#writer.plain(this.#isList ? ']}\n' : '\n');
    return this.#writer.end();
  }
}

import type { NodeMetrics, PodMetrics } from '../resources.ts';
import type { ListForm } from './form.ts';
import { metadataFields } from './json-item.ts';
import { TextPieces } from './text-pieces.ts';

/** The view that has metadata only: PartialObjectMetadata of one object, PartialObjectMetadataList of many. */
export class PartialForm implements ListForm {
  readonly contentType: string;
  readonly #nowMs: number;
  readonly #head: string;
  readonly #isList: boolean;
  readonly #pieces = new TextPieces();
  #count = 0;

  constructor(isList: boolean, metaVersion: string, nowMs: number, contentType: string) {
    this.contentType = contentType;
    this.#nowMs = nowMs;
    this.#isList = isList;
    this.#head = `"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${metaVersion}"`;
    if (!isList) return;
    const kind = `"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${metaVersion}"`;
    this.#pieces.add(`{${kind},"metadata":{},"items":[`);
  }

  pod(item: PodMetrics): void {
    this.#add(metadataFields(item, this.#nowMs));
  }

  node(item: NodeMetrics): void {
    this.#add(metadataFields(item, this.#nowMs));
  }

  take(): Buffer[] {
    return this.#pieces.take();
  }

  end(): Buffer[] {
    return this.#pieces.end(this.#isList ? ']}\n' : '\n');
  }

  #add(metadata: string): void {
    this.#pieces.add(`${this.#count++ === 0 ? '' : ','}{${this.#head},${metadata}}`);
  }
}

import type { NodeMetrics, PodMetrics } from '../resources.ts';
import { apiVersion, type Kind, type ListForm } from './form.ts';
import { nodeFields, podFields } from './json-item.ts';
import { TextPieces } from './text-pieces.ts';

export interface JsonOptions {
  nowMs: number;
  pretty: boolean;
  contentType: string;
}

/** An object by itself: `fields` with kind and apiVersion before them. */
export function jsonObject(kind: Kind, fields: string, { pretty, contentType }: JsonOptions): ListForm {
  const text = `{"kind":"${kind}","apiVersion":"${apiVersion}",${fields}}`;
  const nothing = () => {};
  return {
    contentType,
    pod: nothing,
    node: nothing,
    take: () => [],
    end: () => [Buffer.from(`${pretty ? JSON.stringify(JSON.parse(text), null, 2) : text}\n`)],
  };
}

/** The items of a list do not repeat their kind. Pretty text is made item by item as well. */
export class JsonListForm implements ListForm {
  readonly contentType: string;
  readonly #options: JsonOptions;
  readonly #pieces = new TextPieces();
  #count = 0;

  constructor(kind: Kind, options: JsonOptions) {
    this.contentType = options.contentType;
    this.#options = options;
    this.#pieces.add(
      options.pretty
        ? `{\n  "kind": "${kind}List",\n  "apiVersion": "${apiVersion}",\n  "metadata": {},\n  "items": [`
        : `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":{},"items":[`,
    );
  }

  pod(item: PodMetrics): void {
    this.#add(podFields(item, this.#options.nowMs));
  }

  node(item: NodeMetrics): void {
    this.#add(nodeFields(item, this.#options.nowMs));
  }

  take(): Buffer[] {
    return this.#pieces.take();
  }

  end(): Buffer[] {
    if (!this.#options.pretty) return this.#pieces.end(']}\n');
    return this.#pieces.end(this.#count === 0 ? ']\n}\n' : '\n  ]\n}\n');
  }

  #add(fields: string): void {
    const comma = this.#count++ === 0 ? '' : ',';
    this.#pieces.add(this.#options.pretty ? `${comma}\n    ${indented(`{${fields}}`)}` : `${comma}{${fields}}`);
  }
}

function indented(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2).replaceAll('\n', '\n    ');
}

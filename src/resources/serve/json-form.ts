import type { NodeMetrics, PodMetrics } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import { apiVersion, type Kind, type ListForm } from './form.ts';
import { writeItem } from './json-item.ts';
import type { PodHeads } from './pod-heads.ts';
import { PodItems } from './pod-items.ts';

export interface JsonOptions {
  nowMs: number;
  pretty: boolean;
  contentType: string;
}

/** An object by itself, with its kind. */
export class JsonObjectForm implements ListForm {
  readonly contentType: string;
  readonly #kind: Kind;
  readonly #options: JsonOptions;
  #writer = new ByteWriter();

  constructor(kind: Kind, options: JsonOptions) {
    this.contentType = options.contentType;
    this.#kind = kind;
    this.#options = options;
  }

  add(item: PodMetrics | NodeMetrics): void {
    this.#writer.plain(`{"kind":"${this.#kind}","apiVersion":"${apiVersion}",`);
    writeItem(this.#writer, item, this.#options.nowMs);
    this.#writer.plain('}');
  }

  take(): Buffer[] {
    return [];
  }

  end(): Buffer[] {
    if (this.#options.pretty) this.#writer = prettyOf(this.#writer, '\n');
    this.#writer.plain('\n');
    return this.#writer.end();
  }
}

/** The items of a list do not repeat their kind. Pretty text is made item by item as well. */
export class JsonListForm implements ListForm {
  readonly contentType: string;
  readonly #options: JsonOptions;
  readonly #heads: PodHeads;
  readonly #writer = new ByteWriter();
  readonly #items: PodItems;
  #count = 0;

  constructor(kind: Kind, options: JsonOptions, heads: PodHeads) {
    this.contentType = options.contentType;
    this.#options = options;
    this.#heads = heads;
    this.#items = new PodItems(heads, this.#writer, options.nowMs);
    this.#writer.plain(
      options.pretty
        ? `{\n  "kind": "${kind}List",\n  "apiVersion": "${apiVersion}",\n  "metadata": {},\n  "items": [`
        : `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":{},"items":[`,
    );
  }

  add(item: PodMetrics | NodeMetrics): void {
    const { nowMs, pretty } = this.#options;
    if (this.#count++ > 0) {
      if (!pretty && 'containers' in item && this.#items.add(item)) return;
      this.#items.write();
      this.#writer.plain(',');
    }
    if (pretty) this.#writer.plain('\n    ');
    const writer = pretty ? new ByteWriter() : this.#writer;
    writer.plain('{');
    writeItem(writer, item, nowMs, this.#heads);
    writer.plain('}');
    if (pretty) for (const piece of prettyOf(writer, '\n    ').end()) this.#writer.bytes(piece);
  }

  take(): Buffer[] {
    this.#items.write();
    return this.#writer.take();
  }

  end(): Buffer[] {
    this.#items.write();
    if (!this.#options.pretty) this.#writer.plain(']}\n');
    else this.#writer.plain(this.#count === 0 ? ']\n}\n' : '\n  ]\n}\n');
    return this.#writer.end();
  }
}

/** What was written, as JSON that people read. */
function prettyOf(writer: ByteWriter, newline: string): ByteWriter {
  const json: unknown = JSON.parse(Buffer.concat(writer.end()).toString());
  const pretty = new ByteWriter();
  pretty.text(JSON.stringify(json, null, 2).replaceAll('\n', newline));
  return pretty;
}

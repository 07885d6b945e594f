import { createHash } from 'node:crypto';
import type { ApiVersion, RemoteVersion, ResourceInfo } from './api.ts';
import { parseAccept } from './negotiation.ts';
import { notAcceptable, unknownPath } from './status.ts';

/** Where the documents come from; the server asks once for each and keeps the answer. */
export interface OpenApiDocuments {
  v2(resources: readonly ResourceInfo[]): object;
  v2Protobuf(resources: readonly ResourceInfo[]): Buffer;
  v3(groupVersion: { group: string; version: string }, resources: readonly ResourceInfo[]): object;
}

const protobufV2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const protobufV2Ranges = new Set([protobufV2, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf']);
const jsonRanges = new Set(['application/json', 'application/*', '*/*']);

export interface Document {
  contentType: string;
  body: Buffer;
  etag: string;
}

/** Serves /openapi/v2 and /openapi/v3; made on first use, since most runs of a server are never asked. Pages of other servers are passed on. */
export class OpenApiPages {
  readonly #documents: OpenApiDocuments;
  readonly #versions: () => readonly ApiVersion[];
  readonly #made = new Map<string, Document>();

  constructor(documents: OpenApiDocuments, versions: () => readonly ApiVersion[]) {
    this.#documents = documents;
    this.#versions = versions;
  }

  /** `path` is what follows /openapi/, as in `v3/apis/apps/v1`. Throws 404 or 406. */
  page(path: string, accept: string | undefined): Document {
    if (path === 'v2') return this.#v2(accept);
    if (path === 'v3') return documentOf('application/json', jsonBytes(this.#index()));
    const version = this.#versions().find((each) => `v3/${pathOf(each)}` === path);
    if (!version) throw unknownPath();
    if (version.remote) return remotePage(version.remote);
    return this.#keep(path, 'application/json', () => jsonBytes(this.#documents.v3(version, version.resources())));
  }

  #v2(accept: string | undefined): Document {
    for (const { type } of parseAccept(accept ?? '*/*')) {
      const own = this.#versions().filter(({ remote }) => !remote);
      const all = () => own.flatMap((version) => version.resources());
      if (protobufV2Ranges.has(type)) return this.#keep('v2.pb', protobufV2, () => this.#documents.v2Protobuf(all()));
      if (jsonRanges.has(type)) return this.#keep('v2', 'application/json', () => jsonBytes(this.#documents.v2(all())));
    }
    throw notAcceptable(['application/json', protobufV2]);
  }

  #index(): object {
    const listed = this.#versions().filter(({ remote }) => !remote || remote.openApiV3());
    const entries = listed.map((version) => {
      const path = pathOf(version);
      const { etag } = this.page(`v3/${path}`, undefined);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${etag.replaceAll('"', '')}` }];
    });
    return { paths: Object.fromEntries(entries) };
  }

  #keep(key: string, contentType: string, make: () => Buffer): Document {
    let document = this.#made.get(key);
    if (!document) {
      document = documentOf(contentType, make());
      this.#made.set(key, document);
    }
    return document;
  }
}

function documentOf(contentType: string, body: Buffer): Document {
  return { contentType, body, etag: `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"` };
}

function remotePage(remote: RemoteVersion): Document {
  const page = remote.openApiV3();
  if (!page) throw unknownPath();
  return { contentType: 'application/json', ...page };
}

const pathOf = ({ group, version }: ApiVersion) => (group === '' ? `api/${version}` : `apis/${group}/${version}`);
const jsonBytes = (value: object) => Buffer.from(JSON.stringify(value));

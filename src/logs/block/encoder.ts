import { Arena } from './arena.ts';
import { collectValuesModule } from './collect-values-module.ts';
import { draftTemplatesModule } from './draft-templates-module.ts';
import { filterGramsModule } from './filter-grams-module.ts';
import { maskWordsModule } from './mask-words-module.ts';
import { packColumnsModule } from './pack-columns-module.ts';
import { scanLinesModule } from './scan-lines-module.ts';

/** What the modules give; their sources say what each does. */
interface MaskWords {
  maskWords(text: number, length: number, masks: number): void;
}

interface ScanLines {
  scan(first: number, count: number, length: number): number;
}

interface DraftTemplates {
  draft(): void;
  writeTemplates(out: number, columns: number, pieces: number, fixed: number, wholeColumn: number): number;
}

interface CollectValues {
  collect(lineCount: number): void;
}

interface PackColumns {
  measureNumbers(at: number, count: number): void;
  packNumbers(at: number, count: number, isDelta: boolean, base: number, width: number, out: number): void;
  measureTexts(places: number, count: number): void;
  packTexts(places: number, ids: number, count: number, width: number, out: number): number;
  countRecent(ids: number, count: number): number;
  packIds(ids: number, count: number, width: number, isRecent: boolean, out: number): void;
}

interface FilterGrams {
  collectPlaces(places: number, count: number): void;
  collectPieces(text: number, lengths: number, lengthsEnd: number): void;
  write(out: number, bytes: number): void;
}

/** As far as it is used here: the types of Node.js lack it, those of browsers have too much. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** A module with its variables, which are addresses and counts. */
class Instance<Functions> {
  readonly run: Functions;
  readonly #variables: Readonly<Record<string, { value: number }>>;

  constructor(module: object, { memory }: Arena) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.run = exports as Functions;
    this.#variables = exports as Readonly<Record<string, { value: number }>>;
  }

  set(variables: Readonly<Record<string, number>>): void {
    for (const name in variables) this.#variables[name]!.value = variables[name]!;
  }

  get(name: string): number {
    return this.#variables[name]!.value;
  }
}

/** What encodes texts, one after the other: WebAssembly over one memory. */
export class Encoder {
  readonly arena = new Arena();
  readonly masks: Instance<MaskWords>;
  readonly scan: Instance<ScanLines>;
  readonly draft: Instance<DraftTemplates>;
  readonly collect: Instance<CollectValues>;
  readonly pack: Instance<PackColumns>;
  readonly grams: Instance<FilterGrams>;

  constructor() {
    const [masks, scan, draft, collect, pack, grams] = (compiled ??= modules.map(compile));
    this.masks = new Instance(masks!, this.arena);
    this.scan = new Instance(scan!, this.arena);
    this.draft = new Instance(draft!, this.arena);
    this.collect = new Instance(collect!, this.arena);
    this.pack = new Instance(pack!, this.arena);
    this.grams = new Instance(grams!, this.arena);
  }
}

const modules = [
  maskWordsModule,
  scanLinesModule,
  draftTemplatesModule,
  collectValuesModule,
  packColumnsModule,
  filterGramsModule,
];

/** Once in a thread. */
let compiled: object[] | undefined;

function compile(module: string): object {
  return new WebAssembly.Module(Buffer.from(module, 'base64'));
}

import { Arena } from '../../base/arena.ts';
import { Module } from '../../base/webassembly.ts';
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

/** What encodes texts, one after the other: WebAssembly over one memory. */
export class Encoder {
  readonly arena = new Arena();
  readonly masks = maskWords.instantiate(this.arena.memory);
  readonly scan = scanLines.instantiate(this.arena.memory);
  readonly draft = draftTemplates.instantiate(this.arena.memory);
  readonly collect = collectValues.instantiate(this.arena.memory);
  readonly pack = packColumns.instantiate(this.arena.memory);
  readonly grams = filterGrams.instantiate(this.arena.memory);
}

const maskWords = new Module<MaskWords>(maskWordsModule);
const scanLines = new Module<ScanLines>(scanLinesModule);
const draftTemplates = new Module<DraftTemplates>(draftTemplatesModule);
const collectValues = new Module<CollectValues>(collectValuesModule);
const packColumns = new Module<PackColumns>(packColumnsModule);
const filterGrams = new Module<FilterGrams>(filterGramsModule);

import { Aligner, type Condition, templatesThatHold } from './alignments.ts';
import type { Lines, Occurrences } from './block.ts';
import { ColumnSearch } from './column-search.ts';
import type { ColumnValues } from './column-values.ts';
import { markLines, type TemplateMarks, templateStates } from './mark-lines.ts';
import { linesOfMarks, sumOfMarks } from './marks.ts';
import { lowered, type Needle } from './needle.ts';
import type { Templates } from './templates.ts';

/** What of an open text a search reads, each when it is asked for. */
export interface SearchedText {
  readonly lineCount: number;
  readonly templates: Templates;
  /** Of the templates, in lower case. */
  readonly lowerText: Buffer;
  readonly values: ColumnValues;
  /** The template of each line. */
  readonly numbers: Uint16Array;
  /** How many lines each template has. */
  readonly linesOf: Uint32Array;
  passesFilter(needle: Needle): boolean;
  lines(indexes: Uint32Array): Lines;
}

/** Lines of a text that hold a needle. Invariant: what has been found out of it is not found out again. */
export class TextOccurrences implements Occurrences {
  readonly #text: SearchedText;
  readonly #needle: Needle;
  #search: ColumnSearch | undefined;
  #templates: TemplateMarks | undefined;
  #marks: Uint8Array | undefined;
  #lines: Uint32Array | undefined;

  constructor(text: SearchedText, needle: Needle) {
    this.#text = text;
    this.#needle = needle;
  }

  get isPossible(): boolean {
    if (this.#needle.bytes.length === 0) return this.#text.lineCount > 0;
    if (this.#templates === undefined && !this.#text.passesFilter(this.#needle)) return false;
    return this.#templateMarks().isPossible;
  }

  count(): number {
    if (this.#needle.bytes.length === 0) return this.#text.lineCount;
    if (!this.isPossible) return 0;
    const { states, alternatives } = this.#templateMarks();
    let count = 0;
    if (alternatives === undefined) {
      const { linesOf } = this.#text;
      for (let t = 0; t < states.length; t++) if (states[t] === templateStates.always) count += linesOf[t]!;
    } else {
      return sumOfMarks(this.marks());
    }
    return count;
  }

  marks(): Uint8Array {
    return (this.#marks ??= this.#made());
  }

  lines(): Uint32Array {
    return (this.#lines ??= this.#listed());
  }

  /** Few lines are found without a mark for each of the others. */
  #listed(): Uint32Array {
    const count = this.count();
    if (this.#marks !== undefined || this.#templates?.alternatives !== undefined || count === this.#text.lineCount)
      return linesOfMarks(this.marks(), count);
    const lines = new Uint32Array(count);
    if (count === 0) return lines;
    const { numbers } = this.#text;
    const { states } = this.#templateMarks();
    for (let line = 0, at = 0; at < count; line++)
      if (states[numbers[line]!] === templateStates.always) lines[at++] = line;
    return lines;
  }

  #made(): Uint8Array {
    const marks = new Uint8Array(this.#text.lineCount);
    if (this.#needle.bytes.length === 0) return marks.fill(1);
    if (!this.isPossible) return marks;
    const { numbers, templates, values } = this.#text;
    const { states, alternatives } = this.#templateMarks();
    if (alternatives === undefined) {
      for (let line = 0; line < marks.length; line++) marks[line] = states[numbers[line]!]!;
      return marks;
    }
    const unclear = markLines(numbers, templates, { states, alternatives }, this.#columns(), values, marks);
    this.#markUnclear(unclear, marks);
    return marks;
  }

  #columns(): ColumnSearch {
    return (this.#search ??= new ColumnSearch(this.#text.values, this.#needle));
  }

  #templateMarks(): TemplateMarks {
    return (this.#templates ??= this.#searchTemplates());
  }

  #searchTemplates(): TemplateMarks {
    const { templates } = this.#text;
    const [needle, search] = [this.#needle, this.#columns()];
    const text = needle.ignoreCase ? this.#text.lowerText : templates.text;
    const states = new Uint8Array(templates.count);
    const always = templatesThatHold(templates, text, needle);
    for (const t of always) states[t] = templateStates.always;
    const aligner = new Aligner(templates, text, needle, search, this.#text.values.entries.length);
    let all: TemplateMarks['alternatives'];
    const isPossible = ({ piece, manner, from, to }: Condition) =>
      search.fulfilled(templates.columnOf[piece]!, manner, from, to) !== undefined;
    for (const t of aligner.open()) {
      if (states[t] === templateStates.always) continue;
      const found = aligner.alternatives(t);
      const possible = found === 'unclear' ? found : found.filter((conditions) => conditions.every(isPossible));
      if (possible.length === 0) continue;
      all ??= new Array(templates.count);
      states[t] = possible === 'unclear' ? templateStates.unclear : templateStates.tested;
      if (possible !== 'unclear') all[t] = possible;
    }
    return { isPossible: always.length > 0 || all !== undefined, states, alternatives: all };
  }

  /** Lines of templates that are too involved: put together, and looked at. */
  #markUnclear(unclear: number[], marks: Uint8Array): void {
    if (unclear.length === 0) return;
    const { bytes, ignoreCase } = this.#needle;
    const { text, starts } = this.#text.lines(Uint32Array.from(unclear));
    const plain = ignoreCase ? lowered(text) : text;
    for (const [i, line] of unclear.entries())
      if (plain.subarray(starts[i]!, starts[i + 1]! - 1).includes(bytes)) marks[line] = 1;
  }
}

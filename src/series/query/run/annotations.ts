import { lineAndColumn, type Position } from '../text/position.ts';

export type Level = 'warning' | 'info';

export interface Annotation {
  level: Level;
  /** Without position: what makes two of them the same. */
  text: string;
  position: Position;
  /** Added before the position when it is shown. */
  detail?: AnnotationDetail;
}

/** Numbers that are gathered over all occurrences. */
export interface AnnotationDetail {
  merge(other: AnnotationDetail): AnnotationDetail;
  toString(): string;
}

/** How often something occurred, where it was more than once. */
export class Occurrences implements AnnotationDetail {
  #count = 1;

  merge(other: AnnotationDetail): AnnotationDetail {
    if (other instanceof Occurrences) this.#count += other.#count;
    return this;
  }

  toString(): string {
    return this.#count > 1 ? ` (${this.#count} occurrences)` : '';
  }
}

/** How many different annotations one query can have; the rest are counted. */
const annotationsMax = 1000;

/** What a query's result should be read with. Each text occurs once: at the position where it occurred last, or first if it gathers details. */
export class Annotations {
  readonly #byText = new Map<string, Annotation>();
  #omitted = 0;

  warn(text: string, position: Position, detail?: AnnotationDetail): void {
    this.add({
      level: 'warning',
      text: `PromQL warning: ${text}`,
      position,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  inform(text: string, position: Position, detail?: AnnotationDetail): void {
    this.add({ level: 'info', text: `PromQL info: ${text}`, position, ...(detail === undefined ? {} : { detail }) });
  }

  add(annotation: Annotation): void {
    const known = this.#byText.get(annotation.text);
    if (known === undefined && this.#byText.size >= annotationsMax) {
      this.#omitted++;
      return;
    }
    if (known?.detail !== undefined && annotation.detail !== undefined)
      known.detail = known.detail.merge(annotation.detail);
    else this.#byText.set(annotation.text, annotation);
  }

  /** As the API shows them, with `(line:column)`. */
  texts(level: Level, query: string): string[] {
    const shown = [...this.#byText.values()]
      .filter((annotation) => annotation.level === level)
      .map(({ text, detail, position }) => `${text}${detail?.toString() ?? ''} (${lineAndColumn(query, position)})`);
    if (level === 'warning' && this.#omitted > 0) shown.push(`${this.#omitted} more annotations omitted`);
    return shown;
  }
}

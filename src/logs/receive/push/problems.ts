/** Problems that an answer spells out; the rest is counted. */
const spelledMax = 10;

/** What of a push was not taken, and why. The first problem is told first. */
export class Problems {
  readonly lines = new Map<string, number>();
  readonly messages: string[] = [];
  #count = 0;

  /** `lines` that fell to it. */
  add(reason: string, lines: number, message: string): void {
    this.lines.set(reason, (this.lines.get(reason) ?? 0) + lines);
    this.#count++;
    if (this.messages.length < spelledMax) this.messages.push(message);
  }

  get any(): boolean {
    return this.#count > 0;
  }

  get lineCount(): number {
    let count = 0;
    for (const lines of this.lines.values()) count += lines;
    return count;
  }

  get text(): string {
    const more = this.#count - this.messages.length;
    return [...this.messages, ...(more > 0 ? [`and ${more} more like these`] : [])].join('\n');
  }
}

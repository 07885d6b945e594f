import { type LabelRecord, sortedLabels } from '../../batch/batch.ts';

/** Labels that cannot be read; the message says where. */
export class LabelSyntaxError extends Error {}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name);
}

/** A name that is allowed, made from any: what is not allowed in it becomes `_`. */
export function normalizedName(name: string): string {
  if (isLabelName(name)) return name;
  const replaced = name.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(replaced) ? `key_${replaced}` : replaced;
}

const shownBytesMax = 1024;

/** As messages show a stream. */
export function printLabels(labels: LabelRecord): string {
  return shown(
    `{${sortedLabels(labels)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(', ')}}`,
  );
}

/** What somebody sent, in a message: not more than anyone reads. */
export function shown(text: string): string {
  return text.length > shownBytesMax ? `${text.slice(0, shownBytesMax)}…` : text;
}

import type { Labels } from '../query/query.ts';
import type { SeriesLimits } from './settings.ts';

/** What is wrong with the labels of a new series, or null. */
export function labelsProblem({ names, values }: Labels, limits: SeriesLimits): string | null {
  if (names.length === 0) return 'a series needs labels';
  if (names.length > limits.labelsMax) {
    return `${names.length} labels on one series (labelsMax is ${limits.labelsMax})`;
  }
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (isLonger(name, limits.labelNameBytesMax)) {
      return `the name of label ${shortened(name)} has more bytes than labelNameBytesMax, ${limits.labelNameBytesMax}`;
    }
    if (isLonger(values[i]!, limits.labelValueBytesMax)) {
      return `the value of label ${shortened(name)} has more bytes than labelValueBytesMax, ${limits.labelValueBytesMax}`;
    }
  }
  return null;
}

function isLonger(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

function shortened(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}

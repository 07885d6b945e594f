import { Fault } from './fault.ts';

const FACTOR: Record<string, number> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a size as Kubernetes writes it: `10Mi`, `500M`, `1048576`; a trailing `B` is allowed. Throws Fault `usage`. */
export function parseByteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(k|K|M|G|T|Ki|Mi|Gi|Ti)?B?$/.exec(text.trim());
  const bytes = match ? Math.round(Number(match[1]) * FACTOR[match[2] ?? '']!) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new Fault('usage', `${JSON.stringify(text)} is not a size; write it like 10Mi, 500M or 1048576`);
  }
  return bytes;
}

/** For a person: `0 B`, `1.5 KiB`, `10 MiB`. */
export function formatByteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

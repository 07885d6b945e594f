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

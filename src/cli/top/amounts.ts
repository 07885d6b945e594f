import { quantityNanos } from '../../kubernetes/schema/quantity.ts';

/** CPU and memory, exact, as the API's quantities are. */
export interface Amounts {
  cpuNanocores: bigint;
  memoryBytes: bigint;
}

/** What was set of the two; undefined: nothing was. */
export type PartialAmounts = { [name in keyof Amounts]: bigint | undefined };

export const noAmounts: Amounts = { cpuNanocores: 0n, memoryBytes: 0n };
export const nothingSet: PartialAmounts = { cpuNanocores: undefined, memoryBytes: undefined };

const nano = 1_000_000_000n;
const nanocoresPerMillicore = 1_000_000n;
const mebibyte = 1024n * 1024n;

type Quantities = Readonly<Record<string, unknown>> | undefined;

/** Of a ResourceList; what is missing or no quantity is undefined. */
export function partialAmounts(list: Quantities): PartialAmounts {
  const cpuNanocores = nanosOf(list?.cpu);
  const memoryNanos = nanosOf(list?.memory);
  return { cpuNanocores, memoryBytes: memoryNanos === undefined ? undefined : dividedUp(memoryNanos, nano) };
}

/** Of a ResourceList that has both, as usage does; what is missing counts nothing. */
export function amounts(list: Quantities): Amounts {
  const { cpuNanocores = 0n, memoryBytes = 0n } = partialAmounts(list);
  return { cpuNanocores, memoryBytes };
}

export function sum(parts: Iterable<Amounts>): Amounts {
  const total = { ...noAmounts };
  for (const { cpuNanocores, memoryBytes } of parts) {
    total.cpuNanocores += cpuNanocores;
    total.memoryBytes += memoryBytes;
  }
  return total;
}

/** Of those that are set; undefined where none is. */
export function sumOfSet(parts: readonly PartialAmounts[]): PartialAmounts {
  return { cpuNanocores: total(parts, 'cpuNanocores'), memoryBytes: total(parts, 'memoryBytes') };
}

/** Undefined as soon as one is not set: a limit of a part is no limit of the whole. */
export function sumIfAllSet(parts: readonly PartialAmounts[]): PartialAmounts {
  const all = (name: keyof Amounts) =>
    parts.every((part) => part[name] !== undefined) ? total(parts, name) : undefined;
  return { cpuNanocores: all('cpuNanocores'), memoryBytes: all('memoryBytes') };
}

function total(parts: readonly PartialAmounts[], name: keyof Amounts): bigint | undefined {
  const set = parts.map((part) => part[name]).filter((value) => value !== undefined);
  return set.length === 0 ? undefined : set.reduce((a, b) => a + b);
}

/** As kubectl rounds it: up to a thousandth of a core. */
export function cpuText(nanocores: bigint): string {
  return `${millicores(nanocores)}m`;
}

/** As kubectl rounds it: down to a mebibyte. */
export function memoryText(bytes: bigint): string {
  return `${bytes / mebibyte}Mi`;
}

/** Percent of the whole, rounded down, of what kubectl shows of either; undefined where the whole is nothing. */
export function cpuPercent(nanocores: bigint, ofNanocores: bigint | undefined): number | undefined {
  return percent(millicores(nanocores), millicores(ofNanocores ?? 0n));
}

export function memoryPercent(bytes: bigint, ofBytes: bigint | undefined): number | undefined {
  return percent(bytes, ofBytes ?? 0n);
}

function percent(part: bigint, whole: bigint): number | undefined {
  return whole <= 0n ? undefined : Math.trunc((Number(part) / Number(whole)) * 100);
}

function millicores(nanocores: bigint): bigint {
  return dividedUp(nanocores, nanocoresPerMillicore);
}

function dividedUp(value: bigint, by: bigint): bigint {
  return value <= 0n ? value / by : (value + by - 1n) / by;
}

function nanosOf(quantity: unknown): bigint | undefined {
  return typeof quantity === 'string' || typeof quantity === 'number' ? quantityNanos(String(quantity)) : undefined;
}

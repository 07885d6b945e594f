import { compareText } from './compare-text.ts';

/** What fits into a signed 64-bit number is compared as one. */
const integerMax = 2n ** 63n - 1n;

/** Whether `a` comes before `b` when runs of digits are compared as numbers: node2 before node10. */
export function isNaturallyBefore(a: string, b: string): boolean {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let at = 0; at < left.length; at++) {
    if (at >= right.length) return false;
    const order = compareParts(left[at]!, right[at]!);
    if (order !== 0) return order < 0;
    if (at === left.length - 1) return true;
  }
  return false;
}

function compareParts(a: string, b: string): number {
  if (/^\d/.test(a) && /^\d/.test(b)) {
    const [left, right] = [BigInt(a), BigInt(b)];
    if (left <= integerMax && right <= integerMax) return left === right ? 0 : left < right ? -1 : 1;
  }
  return compareText(a, b);
}

/** What Go computes, step by step, so that results agree to the last digit where JavaScript's own functions are off by one. */

const view = new DataView(new ArrayBuffer(8));

/** x = fraction × 2^exponent with the fraction from 0.5 up to 1. Of 0, infinities and NaN the fraction is the number itself. */
function split(x: number): { fraction: number; exponent: number } {
  if (x === 0 || !Number.isFinite(x)) return { fraction: x, exponent: 0 };
  const isSubnormal = Math.abs(x) < 2 ** -1022;
  view.setFloat64(0, isSubnormal ? x * 2 ** 52 : x);
  const high = view.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1022;
  view.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return { fraction: view.getFloat64(0), exponent: isSubnormal ? exponent - 52 : exponent };
}

/** fraction × 2^exponent, in two steps where one would leave the range too early. */
function scale(fraction: number, exponent: number): number {
  if (exponent > 1000) return fraction * 2 ** 1000 * 2 ** Math.min(exponent - 1000, 1023);
  if (exponent < -1000) return fraction * 2 ** -1000 * 2 ** Math.max(exponent + 1000, -1074);
  return fraction * 2 ** exponent;
}

export function log2(x: number): number {
  const { fraction, exponent } = split(x);
  // Exact for powers of two.
  if (fraction === 0.5) return exponent - 1;
  return Math.log(fraction) * (1 / Math.LN2) + exponent;
}

export function log10(x: number): number {
  return log2(x) * (Math.LN2 / Math.LN10);
}

/** base^exponent: the whole part by squaring, the rest by logarithm. 1 to any power is 1. */
export function power(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  if (exponent === 1) return base;
  if (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
  if (base === 0 || !Number.isFinite(base) || !Number.isFinite(exponent)) return base ** exponent;
  if (exponent === 0.5) return Math.sqrt(base);
  if (exponent === -0.5) return 1 / Math.sqrt(base);
  let whole = Math.trunc(Math.abs(exponent));
  let rest = Math.abs(exponent) - whole;
  if ((rest !== 0 && base < 0) || whole >= 2 ** 53) return base ** exponent;
  let result = 1;
  if (rest !== 0) {
    if (rest > 0.5) {
      rest--;
      whole++;
    }
    result = Math.exp(rest * Math.log(base));
  }
  let { fraction: factor, exponent: factorExponent } = split(base);
  let resultExponent = 0;
  for (; whole !== 0; whole = Math.floor(whole / 2)) {
    if (Math.abs(factorExponent) > 4096) {
      // Far beyond what a float can hold, either way.
      resultExponent += factorExponent;
      break;
    }
    if (whole % 2 === 1) {
      result *= factor;
      resultExponent += factorExponent;
    }
    factor *= factor;
    factorExponent *= 2;
    if (factor < 0.5) {
      factor += factor;
      factorExponent--;
    }
  }
  return exponent < 0 ? scale(1 / result, -resultExponent) : scale(result, resultExponent);
}

/**
 * Neumaier's compensated sum, the one that Prometheus's results come from to the last digit: the true sum is `sum + rest`.
 * An overflow gives up the rest.
 */
export class CompensatedSum {
  sum = 0;
  rest = 0;

  reset(sum = 0, rest = 0): void {
    this.sum = sum;
    this.rest = rest;
  }

  add(value: number): void {
    const { sum } = this;
    const total = sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) this.rest = 0;
    else if (Math.abs(sum) >= Math.abs(value)) this.rest += sum - total + value;
    else this.rest += value - total + sum;
    this.sum = total;
  }
}

/** A sum whose value is cheap to read after every term, with twice the digits of one: what the rounding of `high` drops is kept in `low`. */
export class RunningSum {
  private high = 0;
  private low = 0;

  add(term: number): void {
    const sum = this.high + term;
    const part = sum - this.high;
    const dropped = this.high - (sum - part) + (term - part) + this.low;
    this.high = sum + dropped;
    this.low = dropped - (this.high - sum);
  }

  get value(): number {
    return this.high;
  }
}

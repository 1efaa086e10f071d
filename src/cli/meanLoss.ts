import { ExactSum } from "../predict/sum.js";

/** The mean of the losses of rows, of which sums are added one after the other. */
export class MeanLoss {
  readonly #exact = new ExactSum();
  /** Infinite and NaN like any of its terms, which the exact sum is not. */
  #plain = 0;
  #rows = 0;

  add(sum: number, rows: number): void {
    this.#exact.add(sum);
    this.#plain += sum;
    this.#rows += rows;
  }

  get rows(): number {
    return this.#rows;
  }

  get value(): number {
    const sum = Number.isFinite(this.#plain) ? this.#exact.value : this.#plain;
    // As the losses themselves do it: of a single sum, the mean has the same bits.
    return sum * (1 / this.#rows);
  }
}

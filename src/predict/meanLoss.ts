import { ExactSum, type SumJson } from "./sum.js";

/** The mean of the losses of the rows. */
export interface MeanLoss {
  /** In float64, of what `reduction: "none"` gives. */
  loss: number;
}

/** The sum of the losses of many rows. */
export class LossTally {
  #sum = new ExactSum();
  #rows = 0;

  add(losses: Float32Array): void {
    for (let row = 0; row < losses.length; row++) this.#sum.add(losses[row] as number);
    this.#rows += losses.length;
  }

  merge(other: LossTally): void {
    this.#sum.merge(other.#sum);
    this.#rows += other.#rows;
  }

  /** There has to be a row. */
  result(): MeanLoss {
    return { loss: this.#sum.value / this.#rows };
  }

  toJSON(): SumJson {
    return this.#sum.toJSON();
  }

  /** The tally of so many rows. */
  static fromJSON(json: unknown, place: string, rows: number): LossTally {
    const tally = new LossTally();
    tally.#sum = ExactSum.fromJSON(json, place, rows);
    tally.#rows = rows;
    return tally;
  }
}

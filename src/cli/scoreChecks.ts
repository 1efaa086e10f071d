import { describe, fail, flag } from "../engine/checks.js";
import { LEAST_SCORES, rangeOf } from "../engine/probabilities.js";
import { countIn, recordIn } from "../predict/json.js";
import { thousands } from "./output.js";

/** Whether a sum of them is NaN, as it is of any NaN. Four sums, none of which waits for another. */
export function hasNaNSum(scores: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = scores.length - (scores.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += scores[i] as number;
    b += scores[i + 1] as number;
    c += scores[i + 2] as number;
    d += scores[i + 3] as number;
  }
  for (let i = whole; i < scores.length; i++) a += scores[i] as number;
  return Number.isNaN(a + b + c + d);
}

/** What scores that are read some rows at a time are warned of. */
export class ScoreChecks {
  readonly #classes: number;
  #scores = 0;
  #mayBeProbabilities = true;
  #isAllZero = true;
  #nanRows = 0;
  #firstNanRow: number | undefined;

  constructor(classes: number) {
    this.#classes = classes;
  }

  /** Looks whether they may be probabilities; after the first that is none, it looks no more. */
  seeRange(scores: Float32Array): void {
    if (!this.#mayBeProbabilities) return;
    const range = rangeOf(scores);
    this.#scores += scores.length;
    if (range === "other") this.#mayBeProbabilities = false;
    if (range === "unit") this.#isAllZero = false;
  }

  /** Counts the rows with a NaN. `rowOf` gives the row of the file. */
  countNaN(scores: Float32Array, rowOf: (row: number) => number): void {
    if (!hasNaNSum(scores)) return;
    const classes = this.#classes;
    for (let i = 0; i < scores.length; i++) {
      if (!Number.isNaN(scores[i])) continue;
      const row = Math.floor(i / classes);
      this.#nanRows++;
      this.#firstNanRow ??= rowOf(row);
      i = (row + 1) * classes - 1;
    }
  }

  /** Adds what was seen of other scores. */
  merge(other: ScoreChecks): void {
    this.#scores += other.#scores;
    this.#mayBeProbabilities &&= other.#mayBeProbabilities;
    this.#isAllZero &&= other.#isAllZero;
    this.#nanRows += other.#nanRows;
    const first = Math.min(this.#firstNanRow ?? Infinity, other.#firstNanRow ?? Infinity);
    this.#firstNanRow = first === Infinity ? undefined : first;
  }

  toJSON(): object {
    return {
      scores: this.#scores,
      mayBeProbabilities: this.#mayBeProbabilities,
      isAllZero: this.#isAllZero,
      nanRows: this.#nanRows,
      firstNanRow: this.#firstNanRow ?? null,
    };
  }

  /** Those of at most so many rows. */
  static fromJSON(json: unknown, place: string, classes: number, rows: number): ScoreChecks {
    const names = ["scores", "mayBeProbabilities", "isAllZero", "nanRows", "firstNanRow"];
    const given = recordIn(json, place, names);
    const checks = new ScoreChecks(classes);
    checks.#scores = countIn(given.scores, `${place}.scores`, rows * classes);
    checks.#mayBeProbabilities = flag(given.mayBeProbabilities, `${place}.mayBeProbabilities`, false);
    checks.#isAllZero = flag(given.isAllZero, `${place}.isAllZero`, false);
    checks.#nanRows = countIn(given.nanRows, `${place}.nanRows`, rows);
    const first = given.firstNanRow;
    if (checks.#nanRows > 0) checks.#firstNanRow = countIn(first, `${place}.firstNanRow`, rows - 1);
    else if (first !== null) fail("TYPE", `${place}.firstNanRow`, "null without such rows", describe(first));
    return checks;
  }

  /** A line for each thing, about the scores of this file and for what takes raw ones. */
  warnings(path: string, taker: string): string[] {
    const lines: string[] = [];
    if (this.#mayBeProbabilities && !this.#isAllZero && this.#scores >= LEAST_SCORES) {
      lines.push(
        `${path}: all scores lie from 0 to 1 and look like probabilities; ` +
          `${taker} takes raw scores, without a sigmoid or softmax`,
      );
    }
    if (this.#nanRows > 0) {
      const rows = this.#nanRows === 1 ? "1 row has" : `${thousands(this.#nanRows)} rows have`;
      lines.push(`${path}: ${rows} NaN scores, first row ${this.#firstNanRow}`);
    }
    return lines;
  }
}

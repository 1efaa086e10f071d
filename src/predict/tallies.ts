import { defaultEngine } from "../engine/default.js";
import type { LabelledScores } from "../engine/engine.js";
import { type ClassRanking, ClassScores } from "./classScores.js";
import { type Curve, CurveTally } from "./curve.js";
import { type ClassDecisions, type Decisions, DecisionTally } from "./decisions.js";
import type { Settings } from "./evaluatorOptions.js";
import { recordIn } from "./json.js";
import { labelRows } from "./labels.js";
import { LossTally, type MeanLoss } from "./meanLoss.js";
import { floorFloat32 } from "./order.js";
import { RankingTally, type RowRanking } from "./rowRanking.js";

/** All measures that an evaluator may have. */
export type Measures = Decisions & Partial<RowRanking & ClassRanking & Curve & MeanLoss>;

/** What was found in rows that are still to be added. */
export interface Found {
  rows: number;
  /** Each adds what it found to its tally, and cannot fail. */
  additions: (() => void)[];
}

/** The tallies that some settings ask for. */
export class Tallies {
  readonly #threshold: number;
  #decisions: DecisionTally;
  #ranking: RankingTally | undefined;
  #classRanking: ClassScores | undefined;
  #curve: CurveTally | undefined;
  #loss: LossTally | undefined;
  #rows = 0;

  constructor({ classes, threshold, ranking, classRanking, thresholds, loss }: Settings) {
    this.#threshold = floorFloat32(threshold);
    this.#decisions = new DecisionTally(classes);
    this.#ranking = ranking ? new RankingTally(classes) : undefined;
    this.#classRanking = classRanking ? new ClassScores(classes) : undefined;
    this.#curve = thresholds && new CurveTally(classes, thresholds);
    this.#loss = loss && new LossTally();
  }

  get rows(): number {
    return this.#rows;
  }

  /**
   * Measures rows: whatever can fail, does so here, before anything is added. The losses come last: the memory in which
   * the scores are may move in that call.
   */
  measure(scores: LabelledScores, lossesOf: () => Float32Array | undefined): Found {
    const { logits, rows, classes } = scores;
    // This checks the labels too.
    const counts = defaultEngine().countDecisions(scores, this.#threshold);
    const labels = labelRows(scores.labels, classes);
    const ranked = this.#ranking?.rank(logits, labels, rows);
    const block = this.#classRanking?.copy(logits, labels, rows);
    const cells = this.#curve?.locate(logits, labels, rows);
    const losses = lossesOf();
    return {
      rows,
      additions: [
        () => this.#decisions.add(counts),
        () => ranked && this.#ranking?.add(ranked),
        () => block && this.#classRanking?.add(block),
        () => cells && this.#curve?.add(cells),
        () => losses && this.#loss?.add(losses),
      ],
    };
  }

  add({ rows, additions }: Found): void {
    for (const addition of additions) addition();
    this.#rows += rows;
  }

  /** Adds those of another evaluator with the same settings. */
  merge(other: Tallies): void {
    this.#decisions.merge(other.#decisions);
    if (other.#ranking) this.#ranking?.merge(other.#ranking);
    if (other.#classRanking) this.#classRanking?.merge(other.#classRanking);
    if (other.#curve) this.#curve?.merge(other.#curve);
    if (other.#loss) this.#loss?.merge(other.#loss);
    this.#rows += other.#rows;
  }

  perClass(): ClassDecisions {
    return this.#decisions.perClass();
  }

  /** There has to be a row. */
  result(): Measures {
    return {
      ...this.#decisions.result(),
      ...this.#ranking?.result(),
      ...this.#classRanking?.result(),
      ...this.#loss?.result(),
      ...this.#curve?.result(),
    };
  }

  /** Without the parts that were not asked for. */
  toJSON(): Record<string, unknown> {
    const parts = {
      decisions: this.#decisions.toJSON(),
      ranking: this.#ranking?.toJSON(),
      classRanking: this.#classRanking?.toJSON(),
      curve: this.#curve?.toJSON(),
      loss: this.#loss?.toJSON(),
    };
    return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
  }

  /** The tallies of so many rows. */
  static fromJSON(json: unknown, place: string, settings: Settings, rows: number): Tallies {
    const { classes, ranking, classRanking, thresholds, loss } = settings;
    const isAsked = { decisions: true, ranking, classRanking, curve: thresholds, loss };
    const names = Object.entries(isAsked).filter(([, value]) => value);
    const given = recordIn(
      json,
      place,
      names.map(([name]) => name),
    );
    const decisions = DecisionTally.fromJSON(given.decisions, `${place}.decisions`, classes, rows);
    const tallies = new Tallies({
      classes,
      threshold: settings.threshold,
      ranking: false,
      classRanking: false,
    });
    tallies.#rows = rows;
    tallies.#decisions = decisions;
    const { positives } = decisions.perClass();
    if (ranking) tallies.#ranking = RankingTally.fromJSON(given.ranking, `${place}.ranking`, classes, rows);
    if (classRanking) {
      tallies.#classRanking = ClassScores.fromJSON(
        given.classRanking,
        `${place}.classRanking`,
        rows,
        positives,
      );
    }
    if (thresholds) {
      tallies.#curve = CurveTally.fromJSON(given.curve, `${place}.curve`, thresholds, rows, positives);
    }
    if (loss) tallies.#loss = LossTally.fromJSON(given.loss, `${place}.loss`, rows);
    return tallies;
  }
}

/** Two models that see the same batches, each with a loss of its own. */
import { createLosses, type Loss } from "zlpr";
import { Evaluator } from "../../examples/wordnet/evaluate.ts";
import { encode } from "../../examples/wordnet/features.ts";
import { LinearModel } from "../../examples/wordnet/model.ts";
import { seededRandom, shuffle } from "../../examples/wordnet/random.ts";
import { selectRows } from "../../examples/wordnet/sparse.ts";
import type { Corpus } from "./corpus.ts";
import type { Checkpoint, Prediction } from "./messages.ts";
import { mapRacers, type Racer } from "./racers.ts";

export const BATCH_SIZE = 32;

const SEED = 1;

interface Runner {
  model: LinearModel;
  lossSum: number;
}

export class Race {
  readonly #corpus: Corpus;
  readonly #classes: number;
  readonly #evaluator: Evaluator;
  readonly #losses = createLosses();
  readonly #runners: Record<Racer, Runner>;
  readonly #order: Int32Array;
  readonly #random = seededRandom(SEED);
  #batches = 0;
  /** Examples since the last checkpoint. */
  #rows = 0;

  constructor(corpus: Corpus) {
    const { text, train, validation } = corpus;
    this.#corpus = corpus;
    this.#classes = text.labels.length;
    this.#evaluator = new Evaluator(validation, this.#classes);
    this.#runners = mapRacers(() => ({
      model: new LinearModel(text.vocabulary.length, this.#classes),
      lossSum: 0,
    }));
    this.#order = Int32Array.from({ length: train.size }, (_, row) => row);
  }

  get batchesPerEpoch(): number {
    return Math.ceil(this.#order.length / BATCH_SIZE);
  }

  get batches(): number {
    return this.#batches;
  }

  get epoch(): number {
    return this.#batches / this.batchesPerEpoch;
  }

  /** One batch, through both models. */
  step(rate: number): void {
    const at = this.#batches % this.batchesPerEpoch;
    if (at === 0) shuffle(this.#order, this.#random);
    const rows = this.#order.subarray(at * BATCH_SIZE, (at + 1) * BATCH_SIZE);
    const { features, labels } = this.#corpus.train;
    const positives = selectRows(labels, rows);
    const logits = new Float32Array(rows.length * this.#classes);
    mapRacers((racer) => {
      const runner = this.#runners[racer];
      runner.model.score(features, rows, logits);
      // "sum": every example has the same weight, whatever the size of its batch.
      const compute: Loss = this.#losses[racer];
      const { loss, grad } = compute(logits, positives, {
        classes: this.#classes,
        reduction: "sum",
        out: { grad: logits },
      });
      runner.model.step(features, rows, grad, rate);
      runner.lossSum += loss;
    });
    this.#batches++;
    this.#rows += rows.length;
  }

  /** How good the models are now, and their mean loss since the last checkpoint. */
  checkpoint(): Checkpoint {
    const rows = this.#rows;
    this.#rows = 0;
    return {
      batches: this.#batches,
      epoch: this.epoch,
      figures: mapRacers((racer) => {
        const runner = this.#runners[racer];
        const { microF1, macroF1 } = this.#evaluator.evaluate(runner.model, 0);
        const loss = runner.lossSum / rows;
        runner.lossSum = 0;
        return { microF1, macroF1, loss };
      }),
    };
  }

  predict(definition: string): Prediction {
    const features = encode([definition], this.#corpus.vocabulary);
    const scores = mapRacers((racer) => {
      const logits = new Float32Array(this.#classes);
      this.#runners[racer].model.score(features, Int32Array.of(0), logits);
      return logits;
    });
    return { definition, knownWords: features.indices.length, scores };
  }
}

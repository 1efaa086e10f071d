/* The figures of all checkpoints, as the charts take them: a column for the epochs, one for each loss. */
import type { Checkpoint, Figures } from "./messages.ts";
import { RACERS } from "./racers.ts";

export type Measure = keyof Figures;

export type Columns = number[][];

export function emptyColumns(): Columns {
  return [[], ...RACERS.map((): number[] => [])];
}

export function withCheckpoint(columns: Columns, measure: Measure, checkpoint: Checkpoint): Columns {
  const [epochs, ...values] = columns;
  return [
    [...epochs, checkpoint.epoch],
    ...RACERS.map((racer, i) => [...values[i], checkpoint.figures[racer][measure]]),
  ];
}

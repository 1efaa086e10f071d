import type { LossName } from "../losses.ts";

/** The losses that are trained with. */
export const RACERS = ["zlpr", "sigmoidCrossEntropy"] as const satisfies LossName[];

export type Racer = (typeof RACERS)[number];

export function mapRacers<T>(of: (racer: Racer) => T): Record<Racer, T> {
  return Object.fromEntries(RACERS.map((racer) => [racer, of(racer)])) as Record<Racer, T>;
}

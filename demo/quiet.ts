/* While speed is measured, nothing else in the page computes. */

export interface Computation {
  /** Stops, and does not start before it is released. Resolves when it has stopped, with whether it was running. */
  hold(): Promise<boolean>;
  /** Goes on if it was running. */
  release(): void;
}

const computations: Computation[] = [];
let isQuiet = false;

/** From now on, what is registered makes way for measurements. */
export function registerComputation(computation: Computation): void {
  computations.push(computation);
  if (isQuiet) void computation.hold();
}

/** Resolves when everything stands still, with whether anything was running. */
export async function beginQuiet(): Promise<boolean> {
  isQuiet = true;
  const held = await Promise.all(computations.map((computation) => computation.hold()));
  return held.includes(true);
}

export function endQuiet(): void {
  isQuiet = false;
  for (const computation of computations) computation.release();
}

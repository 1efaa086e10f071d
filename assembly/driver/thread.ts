/*
 * Where several threads share one memory, each has an instance of its own, but all of them the same data. The constants stay
 * where they are, and what is worked with has a copy for each thread. Instances with a memory of their own do without:
 * nothing of this is left in them. (Conditions on ASC_FEATURE_THREADS stand where they are used, since only then constants stay constants.)
 */

/** How far the copies of this thread are from the data: X + distance is where it has its X. */
export let distance: usize = 0;

/** Where the next row's loss is noted down, or 0. */
let nextLoss: usize = 0;

/** Notes down the weighted loss of the next row, in the order of the rows. */
export function noteLoss(loss: f64): void {
  if (nextLoss) {
    store<f64>(nextLoss, loss);
    nextLoss += 8;
  }
}

/** Gives this thread a place, as large as the data and all 0. */
export function setPlace(place: usize): void {
  distance = place;
}

/** Where the losses of the next rows are noted down, float64: threads end in any order, and a sum depends on it. 0 for nowhere. */
export function setLosses(losses: usize): void {
  nextLoss = losses;
}

/** Something to be timed. It returns a number that depends on all of its work, so that none of it can be left out. */
export interface Timed {
  name: string;
  run(): number;
}

/** The same of a library whose calls may return before their work is done. */
export interface AsyncTimed {
  name: string;
  run(): number | Promise<number>;
}

/** How thoroughly to measure. */
export interface Effort {
  rounds: number;
  warmUpMs: number;
  /** A sample lasts about this long, or one call if that is longer. */
  sampleMs: number;
}

/** The samples of one candidate. */
export interface Measurement {
  /** Calls a sample. */
  repetitions: number;
  /** Nanoseconds a call, one number a round. */
  samples: number[];
  /** Of what all timed calls have returned. */
  meanResult: number;
}

/** Fewer calls do not tell the compilers that a function is worth their while, however long each of them takes. */
const LEAST_WARM_UP_CALLS = 8;

/** Runs until the optimizing compilers are done with it, and returns the milliseconds of the fastest call. */
export async function warmUp(timed: AsyncTimed, effort: Effort): Promise<number> {
  const begin = performance.now();
  let fastest = Infinity;
  let before = begin;
  for (let calls = 0; calls < LEAST_WARM_UP_CALLS || before - begin < effort.warmUpMs; calls++) {
    const result = timed.run();
    // No `await` of what is there already: it would be timed.
    if (typeof result !== "number") await result;
    const now = performance.now();
    fastest = Math.min(fastest, now - before);
    before = now;
  }
  return fastest;
}

/** The sum of the results of so many calls in turn. Apart from its asynchronous twin, which costs calls of a microsecond. */
function sumOfCalls(timed: Timed, repetitions: number): number {
  let sum = 0;
  for (let i = 0; i < repetitions; i++) sum += timed.run();
  return sum;
}

async function sumOfAsyncCalls(timed: AsyncTimed, repetitions: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < repetitions; i++) sum += await timed.run();
  return sum;
}

function isSync(timed: AsyncTimed, result: number | Promise<number>): timed is Timed {
  return typeof result === "number";
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/**
 * Times all candidates in turn, in another order each round, so that what the machine does meanwhile is shared fairly.
 * `fastestCall` are the milliseconds that `warmUp` found.
 */
export async function measure<T extends AsyncTimed>(
  fastestCall: ReadonlyMap<T, number>,
  effort: Effort,
  random: () => number,
): Promise<Map<T, Measurement>> {
  const measurements = new Map<T, Measurement>();
  for (const [timed, ms] of fastestCall) {
    const repetitions = Math.max(1, Math.ceil(effort.sampleMs / ms));
    measurements.set(timed, { repetitions, samples: [], meanResult: 0 });
  }
  for (let round = 0; round < effort.rounds; round++) {
    for (const [timed, measurement] of shuffled([...measurements], random)) {
      const { repetitions } = measurement;
      // Brings the arrays back to the caches, as far as they fit: the others have just used them for theirs.
      const first = timed.run();
      await first;
      const sync = isSync(timed, first);
      const begin = performance.now();
      const sum = sync ? sumOfCalls(timed, repetitions) : await sumOfAsyncCalls(timed, repetitions);
      const ms = performance.now() - begin;
      measurement.samples.push((ms * 1e6) / repetitions);
      measurement.meanResult += sum / repetitions / effort.rounds;
    }
  }
  return measurements;
}

/** The value that the share `p` of the samples lies below. */
export function quantile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Half the distance between the quartiles, by the median. */
export function spreadOf(samples: readonly number[]): number {
  return (quantile(samples, 0.75) - quantile(samples, 0.25)) / 2 / quantile(samples, 0.5);
}

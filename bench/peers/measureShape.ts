import { WrongResult } from "../check.ts";
import { makeData, randomNumbers, type Shape, shapeName } from "../data.ts";
import { type AsyncTimed, type Effort, type Measurement, measure, warmUp } from "../measure.ts";
import { reportShape, type ShapeReport } from "../report.ts";
import {
  type Accuracy,
  checkGradient,
  checkMean,
  checkRowLosses,
  type Exact,
  errorsOf,
  exactOf,
} from "./accuracy.ts";
import type { Bounds, Method, Opened, PeerData, Program } from "./peer.ts";
import { EXPONENTIAL_BOUND, ProgramData } from "./program.ts";

/** What is timed of a method or a program. */
export type PeerPass = "loss and gradient" | "loss alone" | "copy in" | "copy out" | "exponentials alone";

/** What is left out, and why. */
export interface Skipped {
  name: string;
  reason: string;
}

/** How accurate a method is, beside its timings. */
export interface MethodReport {
  method: string;
  peer: string;
  bounds: Bounds;
  accuracy: Accuracy;
}

export interface PeerShapeReport extends ShapeReport<PeerPass> {
  methods: MethodReport[];
  /** What has failed on this shape, and why. */
  skipped: Skipped[];
}

/** A peer that is there, by its name on the command line. */
export type Named = Opened & { peer: string };

interface TimedPass extends AsyncTimed {
  pass: PeerPass;
  method: Method;
}

type Measured = [{ name: string; pass: PeerPass }, Measurement];

function passesOf(method: Method): TimedPass[] {
  const { name, lossAndGradient, lossAlone, copyIn, copyOut } = method;
  const passes: [PeerPass, AsyncTimed["run"] | undefined][] = [
    ["loss and gradient", lossAndGradient],
    ["loss alone", lossAlone],
    ["copy in", copyIn],
    ["copy out", copyOut],
  ];
  return passes.flatMap(([pass, run]) => (run ? [{ name, pass, method, run }] : []));
}

/** Runs a method once, and throws if its results are wrong. */
async function checkMethod(method: Method, data: PeerData, exact: Exact): Promise<Accuracy> {
  const { name, bounds } = method;
  const mean = await method.lossAndGradient();
  // Before another call takes its place.
  const gradient = await method.gradient();
  const loss = checkRowLosses(name, bounds, data, await method.rowLosses(), exact);
  const grad = checkGradient(name, bounds, data, gradient, exact);
  checkMean(name, bounds, data, mean, exact);
  if (method.lossAlone) checkMean(name, bounds, data, await method.lossAlone(), exact);
  return { loss, grad };
}

/** Without these two, or with wrong ones, there is nothing to compare. */
const NEEDED = ["fused", "zlpr"];

/** What a method or program of a peer makes. If that fails or is wrong, this is told, and all others are measured. */
async function attempt<T>(
  peer: string,
  name: string,
  data: PeerData,
  run: () => Promise<T>,
): Promise<T | Skipped> {
  try {
    return await run();
  } catch (error) {
    if (NEEDED.includes(peer)) throw error;
    const [reason = ""] = (error as Error).message.split("\n");
    return { name: `${name}, ${shapeName(data)}`, reason };
  }
}

/** A method that has been warmed up and checked. */
interface Ready {
  method: Method;
  report: MethodReport;
  /** The milliseconds of the fastest call of each of its passes. */
  fastestCall: [TimedPass, number][];
}

async function makeReady(
  method: Method,
  peer: string,
  data: PeerData,
  exact: Exact,
  effort: Effort,
): Promise<Ready> {
  const fastestCall: [TimedPass, number][] = [];
  for (const timed of passesOf(method)) fastestCall.push([timed, await warmUp(timed, effort)]);
  // After the warm-up: what is checked is the very machine code that is going to be timed.
  const accuracy = await checkMethod(method, data, exact);
  return { method, report: { method: method.name, peer, bounds: method.bounds, accuracy }, fastestCall };
}

/** All that runs in this process, in turn. */
async function measureMethods(
  peers: readonly Named[],
  data: PeerData,
  exact: Exact,
  effort: Effort,
  seed: number,
): Promise<{ methods: MethodReport[]; measured: Measured[]; skipped: Skipped[] }> {
  const ready: Ready[] = [];
  const skipped: Skipped[] = [];
  for (const { peer, methods: make } of peers) {
    const methods = await attempt(peer, peer, data, async () => (await make?.(data)) ?? []);
    if (!Array.isArray(methods)) {
      skipped.push(methods);
      continue;
    }
    for (const method of methods) {
      const result = await attempt(peer, method.name, data, () =>
        makeReady(method, peer, data, exact, effort),
      );
      if ("reason" in result) skipped.push(result);
      else ready.push(result);
    }
  }
  const fastestCalls = new Map(ready.flatMap(({ fastestCall }) => fastestCall));
  const measurements = await measure(fastestCalls, effort, randomNumbers(seed));
  for (const [{ name, pass, method }, { meanResult }] of measurements) {
    if (pass.startsWith("loss")) checkMean(name, method.bounds, data, meanResult, exact);
  }
  for (const { method } of ready) method.free?.();
  return { methods: ready.map(({ report }) => report), measured: [...measurements], skipped };
}

async function measureProgram(
  program: Program,
  onFile: ProgramData,
  data: PeerData,
  exact: Exact,
  effort: Effort,
): Promise<{ accuracy: Accuracy; measured: Measured[] }> {
  const { name, bounds } = program;
  const results = await onFile.results(program);
  const accuracy = {
    loss: checkRowLosses(name, bounds, data, results.rowLosses, exact),
    grad: checkGradient(name, bounds, data, results.grad, exact),
  };
  const exponentials = errorsOf(results.exponentials, Float64Array.from(data.logits, Math.exp));
  if (!(exponentials.max <= EXPONENTIAL_BOUND)) {
    throw new WrongResult(`${name}: the error of an exponential is ${exponentials.max} ULP`);
  }
  const passes = await onFile.measure(program, effort);
  for (const { pass, meanResult } of passes) {
    if (pass !== "exponentials alone") checkMean(name, bounds, data, meanResult, exact);
  }
  return { accuracy, measured: passes.map(({ pass, ...measurement }) => [{ name, pass }, measurement]) };
}

/** Checks and times all peers on one shape: first those within this process, in turn, then the programs, each on its own. */
export async function measureShape(
  peers: readonly Named[],
  shape: Shape,
  effort: Effort,
  seed: number,
): Promise<PeerShapeReport> {
  const data = makeData(shape, "multi-hot", seed) as PeerData;
  const exact = exactOf(data);
  const { methods, measured, skipped } = await measureMethods(peers, data, exact, effort, seed);
  const onFile = new ProgramData(data);
  try {
    for (const { peer, programs = [] } of peers) {
      for (const program of programs) {
        const { name, bounds } = program;
        const result = await attempt(peer, name, data, () =>
          measureProgram(program, onFile, data, exact, effort),
        );
        if ("reason" in result) {
          skipped.push(result);
          continue;
        }
        methods.push({ method: name, peer, bounds, accuracy: result.accuracy });
        measured.push(...result.measured);
      }
    }
  } finally {
    onFile.close();
  }
  return { ...reportShape(data, measured), methods, skipped };
}

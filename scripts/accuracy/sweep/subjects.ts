import type { Losses } from "../../../src/index.ts";
import { mathBounds } from "../../../test/support/bounds.ts";
import { boundsOf, type LossName, lossOf } from "../../../test/support/losses.ts";
import type { Tally } from "../tally.ts";
import { allBlocks, type Block, partOf } from "./blocks.ts";
import { CHUNK, type Span, type SweepModule } from "./module.ts";

/*
 * Functions of one float32 number that are tried at all of them: the vector functions, on the numbers that their comments
 * state, and the losses of a row of one class, through the kernels of the package, on all bits that there are.
 */

/** What is found of a block of numbers. */
export interface Found {
  /** Of the function, or of the loss and the gradient. */
  tallies: Tally[];
  /** How many results of a positive class are not those of a negative one with the opposite score. */
  unlike?: number;
}

export interface Subject {
  title: string;
  /** The function's, or of a loss. */
  results: readonly string[];
  /** How far each of the results may be from the exact one, in ULP. */
  bounds: readonly number[];
  numbers: string;
  blocks: readonly Block[];
  /** Whether it goes through the kernels of the package. */
  isOfKernels: boolean;
  /** Whether the class with the other label, and the opposite score, is to have the same results. */
  isMirrored: boolean;
  /** `losses` are needed by those of losses alone. */
  sweep(module: SweepModule, losses: Losses, spans: readonly Span[]): Found;
}

const bits = new DataView(new ArrayBuffer(4));

/** The bits of a float32. */
export function bitsOf(x: number): number {
  bits.setFloat32(0, x);
  return bits.getUint32(0);
}

/** The float32 with these bits. */
export function floatOf(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

function countOf(spans: readonly Span[]): number {
  return spans.reduce((sum, [, , count]) => sum + count, 0);
}

function vectorFunction(
  title: string,
  numbers: string,
  blocks: readonly Block[],
  name: "sweepExp" | "sweepLog1p",
): Subject {
  return {
    title,
    numbers,
    blocks,
    results: ["value"],
    bounds: [mathBounds[name === "sweepExp" ? "exp" : "log1p"].ulp],
    isMirrored: false,
    isOfKernels: false,
    sweep(module, _losses, spans) {
      module.exports.clearTallies();
      for (const span of spans) module.exports[name](...span);
      return { tallies: [module.tally(0, countOf(spans))] };
    },
  };
}

type Judge = (module: SweepModule, ...span: Span) => void;

interface OneClass {
  name: LossName;
  label: 0 | 1;
  judge: Judge;
  isMirrored: boolean;
}

/** Of so many chunks, one is tried with the other label as well: its scores' signs are flipped before anything else. */
export const MIRRORED = 8;

/** A span as spans of so many numbers as a kernel is given at a time. */
function* chunksOf([first, step, count]: Span): Generator<Span> {
  for (let done = 0; done < count; done += CHUNK)
    yield [(first + done * step) >>> 0, step, Math.min(CHUNK, count - done)];
}

function oneClass(title: string, { name, label, judge, isMirrored }: OneClass): Subject {
  return {
    title,
    numbers: "all",
    blocks: allBlocks,
    results: ["loss", "gradient"],
    bounds: [boundsOf(name).loss, boundsOf(name).grad],
    isMirrored,
    isOfKernels: true,
    sweep(module, losses, spans) {
      const batch = losses.allocate(CHUNK, 1);
      const scores = new Uint32Array(batch.logits.buffer, batch.logits.byteOffset, CHUNK);
      function run(rows: number, loss: Float32Array, grad: Float32Array): void {
        const options = {
          classes: 1,
          reduction: "none",
          out: { loss: loss.subarray(0, rows), grad: batch.grad.subarray(0, rows) },
        } as const;
        lossOf(losses, name)(batch.logits.subarray(0, rows), batch.labels.subarray(0, rows), options);
        grad.set(batch.grad);
      }
      let unlike = 0;
      let chunks = 0;
      module.exports.clearTallies();
      for (const span of spans) {
        for (const chunk of chunksOf(span)) {
          const [first, step, rows] = chunk;
          for (let i = 0, x = first; i < rows; i++, x += step) scores[i] = x;
          batch.labels.fill(label);
          run(rows, module.losses, module.grads);
          judge(module, ...chunk);
          if (!isMirrored || chunks++ % MIRRORED !== 0) continue;
          for (let i = 0, x = first ^ 0x80000000; i < rows; i++, x += step) scores[i] = x;
          batch.labels.fill(1 - label);
          run(rows, module.mirrored, module.turned);
          unlike += module.exports.countUnlike(
            module.losses.byteOffset,
            module.grads.byteOffset,
            module.mirrored.byteOffset,
            module.turned.byteOffset,
            rows,
          );
        }
      }
      batch.free();
      const count = countOf(spans);
      return { tallies: [module.tally(0, count), module.tally(1, count)], ...(isMirrored && { unlike }) };
    },
  };
}

const softplus: Judge = ({ exports, losses, grads }, ...span) =>
  exports.judgeSoftplus(losses.byteOffset, grads.byteOffset, ...span);
const focal2: Judge = ({ exports, losses, grads }, ...span) =>
  exports.judgeFocal(2, losses.byteOffset, grads.byteOffset, ...span);
const asymmetric: Judge = ({ exports, losses, grads }, ...span) =>
  exports.judgeAsymmetric(losses.byteOffset, grads.byteOffset, ...span);

/** All of them, by the name of their file of progress. */
export const subjects = {
  exp: vectorFunction(
    "`exp`",
    "-87.3 to 88.3",
    [...partOf(0, bitsOf(Math.fround(88.3))), ...partOf(0x80000000, bitsOf(Math.fround(-87.3)))],
    "sweepExp",
  ),
  log1p: vectorFunction("`log1p`", "0 to 2¹²⁶", partOf(0, bitsOf(2 ** 126) - 1), "sweepLog1p"),
  sigmoidCrossEntropy: oneClass("`sigmoidCrossEntropy`", {
    name: "sigmoidCrossEntropy",
    label: 0,
    judge: softplus,
    isMirrored: true,
  }),
  zlpr: oneClass("`zlpr`", { name: "zlpr", label: 0, judge: softplus, isMirrored: true }),
  focal: oneClass("`focal`", { name: "focal", label: 0, judge: focal2, isMirrored: true }),
  asymmetric: oneClass("`asymmetric`, negative class", {
    name: "asymmetric",
    label: 0,
    judge: asymmetric,
    isMirrored: false,
  }),
} satisfies Record<string, Subject>;

/** The name of a subject. */
export type SubjectName = keyof typeof subjects;

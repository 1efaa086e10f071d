import fc, { type Arbitrary } from "fast-check";
import { describe } from "../../src/engine/checks.ts";
import type { LossError } from "../../src/index.ts";
import type { Call } from "./arbitraries.ts";

/* Calls with one thing wrong. */

/** What a loss is called with, by somebody who has no type checker. */
export interface Arguments {
  logits: unknown;
  labels: unknown;
  options: unknown;
}

/** Something that can be wrong, and the error that has to say so. */
export interface Fault {
  title: string;
  /** Whether it can be wrong in such a call. */
  suits?(call: Call): boolean;
  spoil(args: Arguments, call: Call, place: number): Arguments;
  error: Partial<LossError>;
}

function withOption(name: string, value: unknown) {
  return (args: Arguments): Arguments => ({
    ...args,
    options: { ...(args.options as object), [name]: value },
  });
}

function option(
  name: string,
  value: unknown,
  error: Partial<LossError>,
  suits?: (call: Call) => boolean,
): Fault {
  const title = `${name}: ${describe(value)}`;
  return {
    title,
    spoil: withOption(name, value),
    error: { argument: `options.${name}`, ...error },
    ...(suits && { suits }),
  };
}

const hasElements = ({ rows }: Call) => rows > 0;

function detached(array: Float32Array): Float32Array {
  const copy = array.slice();
  structuredClone(copy.buffer, { transfer: [copy.buffer] });
  return copy;
}

/** A copy with another element at some place. */
function changed<T extends Float32Array | Uint8Array | Int32Array | Uint32Array>(
  array: T,
  place: number,
  value: number,
): T {
  const copy = array.slice() as T;
  copy[place % copy.length] = value;
  return copy;
}

const wrongClasses: Fault[] = ([0, -1, 1.5, NaN, 2 ** 32 + 1, Infinity] as const).map((value) =>
  option("classes", value, { code: "RANGE" }),
);

const wrongLogits: Fault[] = [
  ["Float64Array", (logits: Float32Array) => new Float64Array(logits), "TYPE"],
  ["number[]", (logits: Float32Array) => [...logits], "TYPE"],
  ["null", () => null, "TYPE"],
  ["DataView", (logits: Float32Array) => new DataView(logits.slice().buffer), "TYPE"],
  ["detached", detached, "DETACHED"],
].map(([title, make, code]) => ({
  title: `logits: ${title}`,
  suits: hasElements,
  spoil: (args: Arguments) => ({
    ...args,
    logits: (make as (logits: Float32Array) => unknown)(args.logits as Float32Array),
  }),
  error: { argument: "logits", code } as Partial<LossError>,
}));

const isDense = ({ form, rows }: Call) => rows > 0 && form === "multi-hot";
const isSoft = ({ form, rows }: Call) => rows > 0 && form === "soft";
const isSparse = ({ form, rows }: Call) => rows > 0 && form === "sparse";
const isIndex = ({ form, rows }: Call) => rows > 0 && form === "index";

type Sparse = { offsets: Int32Array; indices: Int32Array };

function sparseFault(
  title: string,
  argument: string,
  spoil: (labels: Sparse, call: Call, place: number) => Sparse,
  suits = isSparse,
): Fault {
  return {
    title: `sparse labels: ${title}`,
    suits,
    spoil: (args, call, place) => ({ ...args, labels: spoil(args.labels as Sparse, call, place) }),
    error: { code: "RANGE", argument },
  };
}

const hasIndices = (call: Call) => isSparse(call) && (call.labels as Sparse).indices.length > 0;

const wrongLabels: Fault[] = [
  ...[2, 128, 255].map(
    (value): Fault => ({
      title: `a label of ${value}`,
      suits: isDense,
      spoil: (args, _, place) => ({ ...args, labels: changed(args.labels as Uint8Array, place, value) }),
      error: { code: "RANGE", argument: "labels", received: `${value}` },
    }),
  ),
  ...[NaN, -1e-45, 1 + 2 ** -23, Infinity].map(
    (value): Fault => ({
      title: `a degree of ${value}`,
      suits: isSoft,
      spoil: (args, _, place) => ({ ...args, labels: changed(args.labels as Float32Array, place, value) }),
      error: { code: "RANGE", argument: "labels" },
    }),
  ),
  {
    title: "one label too few",
    suits: (call) => isDense(call) || isSoft(call),
    spoil: (args) => ({ ...args, labels: (args.labels as Uint8Array).subarray(1) }),
    error: { code: "RANGE", argument: "labels" },
  },
  ...[null, 3, "labels", new BigInt64Array(3)].map(
    (labels): Fault => ({
      title: `labels: ${describe(labels)}`,
      spoil: (args) => ({ ...args, labels }),
      error: { code: "TYPE", argument: "labels" },
    }),
  ),
  {
    title: "an index that is no class",
    suits: isIndex,
    // Neither a class nor any index that is ignored.
    spoil: (args, { classes }, place) => ({
      ...args,
      labels: changed(args.labels as Int32Array, place, classes + 2000),
    }),
    error: { code: "RANGE", argument: "labels" },
  },
  sparseFault(
    "an index that is no class",
    "labels.indices",
    ({ offsets, indices }, { classes }, place) => ({ offsets, indices: changed(indices, place, classes) }),
    hasIndices,
  ),
  sparseFault(
    "a negative index",
    "labels.indices",
    ({ offsets, indices }, _, place) => ({ offsets, indices: changed(indices, place, -1) }),
    hasIndices,
  ),
  sparseFault(
    "a class twice",
    "labels.indices",
    ({ offsets, indices }) => ({
      offsets: Int32Array.from(offsets, (offset) => Number(offset > 0) + offset),
      indices: Int32Array.of(indices[0] as number, ...indices),
    }),
    (call) => hasIndices(call) && ((call.labels as Sparse).offsets[1] as number) > 0,
  ),
  sparseFault("offsets that begin late", "labels.offsets", ({ offsets, indices }) => ({
    offsets: changed(offsets, 0, 1),
    indices,
  })),
  sparseFault(
    "offsets that end early",
    "labels.offsets",
    ({ offsets, indices }) => ({
      offsets: changed(offsets, offsets.length - 1, indices.length - 1),
      indices,
    }),
    hasIndices,
  ),
  sparseFault("an offset too many", "labels.offsets", ({ offsets, indices }) => ({
    offsets: Int32Array.of(...offsets, indices.length),
    indices,
  })),
];

const wrongWeights: Fault[] = [-1, NaN, Infinity, -1e-45].map((value) => ({
  title: `a weight of ${value}`,
  suits: hasElements,
  spoil: (args, { rows }, place) =>
    withOption("rowWeights", changed(new Float32Array(rows).fill(1), place, value))(args),
  error: { code: "RANGE", argument: "options.rowWeights" },
}));

const wrongMasks: Fault[] = [
  {
    title: "a mask of 2",
    suits: hasElements,
    spoil: (args, { classes }, place) =>
      withOption("mask", changed(new Uint8Array(classes).fill(1), place, 2))(args),
    error: { code: "RANGE", argument: "options.mask" },
  },
  {
    title: "a mask too long",
    spoil: (args, { classes, rows }) =>
      withOption("mask", new Uint8Array(rows * classes + classes + 1))(args),
    error: { code: "RANGE", argument: "options.mask" },
  },
];

const wrongOut: Fault[] = [
  {
    title: "a gradient too short",
    suits: ({ gradient, rows }) => gradient && rows > 0,
    spoil: (args, { logits }) => withOption("out", { grad: new Float32Array(logits.length - 1) })(args),
    error: { code: "RANGE", argument: "options.out.grad" },
  },
  {
    title: "a gradient where there is none",
    suits: ({ gradient }) => !gradient,
    spoil: (args, { logits }) => withOption("out", { grad: new Float32Array(logits.length) })(args),
    error: { code: "TYPE", argument: "options.out.grad" },
  },
  {
    title: "a gradient that overlaps the logits",
    suits: ({ gradient, logits }) => gradient && logits.length > 1,
    spoil: (args, { logits }) => {
      const buffer = new Float32Array(logits.length + 1);
      buffer.set(logits);
      const spoilt = { ...args, logits: buffer.subarray(0, logits.length) };
      return withOption("out", { grad: buffer.subarray(1) })(spoilt);
    },
    error: { code: "RANGE", argument: "options.out.grad" },
  },
  {
    title: "losses of the rows where they are reduced",
    suits: ({ reduction }) => reduction !== "none",
    spoil: (args, { rows }) => withOption("out", { loss: new Float32Array(rows) })(args),
    error: { code: "TYPE", argument: "options.out.loss" },
  },
];

const takes =
  (...names: string[]) =>
  ({ name }: Call) =>
    names.includes(name);

const wrongOwn: Fault[] = [
  option("threshold", NaN, { code: "RANGE" }, takes("zlpr", "zlprJoint")),
  option("threshold", Infinity, { code: "RANGE" }, takes("zlpr", "zlprJoint")),
  option("threshold", new Float32Array(1000), { code: "RANGE" }, takes("zlpr", "zlprJoint")),
  option("threshold", "0", { code: "TYPE" }, takes("zlpr", "zlprJoint")),
  option("scale", 0, { code: "RANGE" }, takes("lsep")),
  option("scale", -1, { code: "RANGE" }, takes("lsep")),
  option("margin", -Infinity, { code: "RANGE" }, takes("lsep")),
  option("margin", 1.5, { code: "RANGE" }, takes("asymmetric")),
  option("gammaNegative", -1, { code: "RANGE" }, takes("asymmetric")),
  option("gamma", NaN, { code: "RANGE" }, takes("focal")),
  option("alpha", 1.01, { code: "RANGE" }, takes("focal")),
  option("labelSmoothing", -0.1, { code: "RANGE" }, takes("softmaxCrossEntropy", "sigmoidCrossEntropy")),
  option("labelSmoothing", [0.1], { code: "TYPE" }, takes("softmaxCrossEntropy", "sigmoidCrossEntropy")),
  option("positiveWeights", -1, { code: "RANGE" }, takes("sigmoidCrossEntropy")),
  option("maxLabels", 0, { code: "RANGE" }, takes("combinatorialSoftmax")),
  option("maxLabels", 1.5, { code: "RANGE" }, takes("combinatorialSoftmax")),
  option("ignoreIndex", 2 ** 31, { code: "RANGE" }, takes("softmaxCrossEntropy")),
];

const FAULTS: Fault[] = [
  ...wrongClasses,
  option("classes", "3", { code: "TYPE" }),
  option("classes", undefined, { code: "TYPE" }),
  ...wrongLogits,
  ...wrongLabels,
  ...wrongWeights,
  ...wrongMasks,
  ...wrongOut,
  ...wrongOwn,
  option("reduction", "avg", { code: "RANGE" }),
  option("reduction", 1, { code: "TYPE" }),
  option("gradient", 1, { code: "TYPE" }),
  option("tresholds", 1, { code: "TYPE" }),
  ...[undefined, null, 3, "options", [], new Float32Array(3)].map(
    (options): Fault => ({
      title: `options: ${describe(options)}`,
      spoil: (args) => ({ ...args, options }),
      error: { code: "TYPE", argument: "options" },
    }),
  ),
];

/** The fault of this title. */
export function faultOf(title: string): Fault {
  return FAULTS.find((fault) => fault.title === title) as Fault;
}

/** What can be wrong with such a call, by title, and the place in an array where it is. */
export function faultsIn(call: Call): Arbitrary<{ fault: string; place: number }> {
  const suiting = FAULTS.filter(({ suits }) => suits?.(call) ?? true).map(({ title }) => title);
  return fc.record({ fault: fc.constantFrom(...suiting), place: fc.nat(10_000) });
}

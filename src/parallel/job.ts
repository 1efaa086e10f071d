import { definitionOf } from "../engine/definitions.js";
import type { Results } from "../engine/engine.js";
import type { KernelLoss } from "../engine/loss.js";
import type { Call, Targets } from "../engine/validate.js";
import * as registry from "../losses/index.js";

/*
 * A call as numbers, float64, by which threads hand it on in the memory that they share. All of its arrays lie there too:
 * of each, the pointer and the length are told.
 */

const definitions: KernelLoss<object>[] = Object.values(registry).map(definitionOf);

/** A call with all that is needed to work on its rows. */
export interface Job {
  definition: KernelLoss<object>;
  call: Call<object>;
  results: Results;
  /** Pointer to the losses of the rows, float64, for the sum in the order of the rows. */
  rowLosses: number;
  /** The greatest number of positive classes of a row, of losses that depend on it. */
  positives: number;
}

const KINDS = ["multi-hot", "soft", "sparse"] as const;

type Numbers = Float32Array | Uint8Array | Int32Array | Uint32Array;

/** Numbers that one job has at most: 32, and two for each option of a loss. */
export const JOB_NUMBERS = 64;

/** In place of a length: one number, or nothing at all. */
const NUMBER = -1;
const NOTHING = -2;

class Writer {
  readonly #into: Float64Array;
  #at = 0;

  constructor(into: Float64Array) {
    this.#into = into;
  }

  number(value: number): void {
    this.#into[this.#at++] = value;
  }

  array(array: Numbers | undefined): void {
    this.number(array?.byteOffset ?? 0);
    this.number(array?.length ?? NOTHING);
  }

  option(value: unknown): void {
    if (ArrayBuffer.isView(value)) {
      this.array(value as Float32Array);
      return;
    }
    this.number(value === undefined ? 0 : (value as number));
    this.number(value === undefined ? NOTHING : NUMBER);
  }
}

type ArrayType<T> = new (buffer: ArrayBufferLike, pointer: number, length: number) => T;

class Reader {
  readonly #from: Float64Array;
  readonly #buffer: ArrayBufferLike;
  #at = 0;

  constructor(from: Float64Array, buffer: ArrayBufferLike) {
    this.#from = from;
    this.#buffer = buffer;
  }

  number(): number {
    return this.#from[this.#at++] as number;
  }

  array<T>(Type: ArrayType<T>): T | undefined {
    const pointer = this.number();
    const length = this.number();
    return length === NOTHING ? undefined : new Type(this.#buffer, pointer, length);
  }

  option(): unknown {
    const value = this.number();
    const length = this.number();
    if (length === NOTHING) return undefined;
    return length === NUMBER ? value : new Float32Array(this.#buffer, value, length);
  }
}

/** Writes a job, for a memory of so many bytes. */
export function writeJob(
  { definition, call, results, rowLosses, positives }: Job,
  memoryBytes: number,
  into: Float64Array,
): void {
  const { targets, mask } = call;
  const own = call.own as Record<string, unknown>;
  const writer = new Writer(into);
  writer.number(memoryBytes);
  writer.number(definitions.indexOf(definition));
  writer.number(call.rows);
  writer.number(call.classes);
  writer.number(call.factor);
  writer.number(Number(call.gradient));
  writer.number(rowLosses);
  writer.number(positives);
  writer.array(call.logits);
  writer.number(KINDS.indexOf(targets.kind));
  if (targets.kind === "sparse") {
    writer.array(targets.offsets);
    writer.array(targets.indices);
    writer.number(Number(targets.isSingle));
  } else {
    writer.array(targets.values);
  }
  writer.array(mask?.values);
  writer.number(Number(mask?.isPerRow ?? false));
  writer.array(call.rowWeights);
  writer.array(results.loss);
  writer.array(results.grad);
  writer.array(results.thresholdGrad);
  for (const name of Object.keys(definition.options)) writer.option(own[name]);
}

function readTargets(reader: Reader): Targets {
  const kind = KINDS[reader.number()];
  if (kind === "sparse") {
    const offsets = reader.array(Int32Array) as Int32Array;
    const indices = reader.array(Int32Array) as Int32Array;
    return { kind, offsets, indices, isSingle: reader.number() === 1 };
  }
  return kind === "soft"
    ? { kind, values: reader.array(Float32Array) as Float32Array }
    : { kind: "multi-hot", values: reader.array(Uint8Array) as Uint8Array };
}

/** How many bytes the memory has, at least: as many as this job needs. */
export function memoryOf(from: Float64Array): number {
  return from[0] as number;
}

/** The job that was written, over its memory. */
export function readJob(from: Float64Array, buffer: ArrayBufferLike): Job {
  const reader = new Reader(from, buffer);
  reader.number();
  const definition = definitions[reader.number()] as KernelLoss<object>;
  const rows = reader.number();
  const classes = reader.number();
  const factor = reader.number();
  const gradient = reader.number() === 1;
  const rowLosses = reader.number();
  const positives = reader.number();
  const logits = reader.array(Float32Array) as Float32Array;
  const targets = readTargets(reader);
  const maskValues = reader.array(Uint8Array);
  const isPerRow = reader.number() === 1;
  const rowWeights = reader.array(Float32Array);
  const results: Results = {
    loss: reader.array(Float32Array),
    grad: reader.array(Float32Array),
    thresholdGrad: reader.array(Float32Array),
  };
  const own: Record<string, unknown> = {};
  for (const name of Object.keys(definition.options)) own[name] = reader.option();
  const nothing = { loss: undefined, grad: undefined };
  const call: Call<object> = {
    logits,
    targets,
    rows,
    classes,
    mask: maskValues && { values: maskValues, isPerRow },
    reduction: "none",
    rowWeights,
    gradient,
    out: nothing,
    returned: nothing,
    factor,
    own,
  };
  return { definition, call, results, rowLosses, positives };
}

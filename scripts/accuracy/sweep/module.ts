import { instantiateSync } from "@assemblyscript/loader";
import { compileWasm, type WasmVariant } from "../../../test/kernels/compile.ts";
import { storable } from "../store.ts";
import type { Tally } from "../tally.ts";

/* The sweeps of assembly/accuracy, which judge each result where it is computed. */

/** Numbers that a kernel is given at a time. */
export const CHUNK = 2 ** 14;

/** What is swept: the bits of the first number, by how much the next ones differ, and how many there are. */
export type Span = readonly [first: number, step: number, count: number];

interface SweepExports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  HEAP_BASE: WebAssembly.Global<"i32">;
  tallies(): number;
  clearTallies(): void;
  sweepExp(...span: Span): void;
  sweepLog1p(...span: Span): void;
  fill(to: number, ...span: Span): void;
  judgeSoftplus(losses: number, grads: number, ...span: Span): void;
  judgeFocal(gamma: number, losses: number, grads: number, ...span: Span): void;
  judgeAsymmetric(losses: number, grads: number, ...span: Span): void;
  countUnlike(losses: number, grads: number, mirrored: number, turned: number, count: number): number;
  hashExp64(x: number, step: number, count: number): bigint;
  hashLog1p64(x: number, factor: number, count: number): bigint;
}

/** The exported functions, arrays in their memory, and where these lie. */
export interface SweepModule {
  exports: SweepExports;
  losses: Float32Array;
  grads: Float32Array;
  mirrored: Float32Array;
  turned: Float32Array;
  /** What was found since the last `clearTallies`, of the first or the second of two results. */
  tally(index: 0 | 1, count: number): Tally;
}

/** The program, as text: what the build does not export. */
const ENTRY = 'export * from "./assembly/accuracy/sweep";';

const MEMORY = 65536 + 4 * 4 * CHUNK;

export function compileSweep(variant: WasmVariant): Promise<Uint8Array<ArrayBuffer>> {
  return compileWasm(variant, ENTRY, MEMORY);
}

export function openSweep(binary: Uint8Array<ArrayBuffer>): SweepModule {
  const { exports } = instantiateSync<SweepExports>(binary);
  const { buffer } = exports.memory;
  const base = (exports.HEAP_BASE.value + 15) & ~15;
  const [losses, grads, mirrored, turned] = Array.from(
    { length: 4 },
    (_, i) => new Float32Array(buffer, base + 4 * CHUNK * i, CHUNK),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const view = new DataView(buffer, exports.tallies());
  return {
    exports,
    losses,
    grads,
    mirrored,
    turned,
    tally: (index, count) => {
      const at = 48 * index;
      return {
        count,
        max: storable(view.getFloat64(at, true)),
        sum: storable(view.getFloat64(at + 8, true)),
        aboveHalf: view.getFloat64(at + 16, true),
        aboveOne: view.getFloat64(at + 24, true),
        hash: view
          .getBigUint64(at + 32, true)
          .toString(16)
          .padStart(16, "0"),
        worst: view.getUint32(at + 40, true),
      };
    },
  };
}

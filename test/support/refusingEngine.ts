import { instantiateSync } from "@assemblyscript/loader";
import { binaries } from "../../build/binaries.ts";
import { bytesOf, type WasmVariant } from "../../src/engine/binaries.ts";
import { definitionOf } from "../../src/engine/definitions.ts";
import type { Batch } from "../../src/engine/engine.ts";
import type { Kernels, LossEngine } from "../../src/engine/load.ts";
import { lossOn } from "../../src/engine/loss.ts";
import { WasmEngine } from "../../src/engine/wasm.ts";
import * as registry from "../../src/losses/index.ts";
import type { AnyLoss, LossName } from "./losses.ts";

/** Losses on an instance whose memory grows only as far as a test lets it. */
export interface RefusingEngine {
  lossOf(name: LossName): AnyLoss;
  allocate(rows: number, classes: number): Batch;
  /** How large the memory is. */
  readonly bytes: number;
  /** How large it may become. */
  limit: number;
}

const PAGE = 65536;

const modules = new Map<WasmVariant, WebAssembly.Module>();

function moduleOf(variant: WasmVariant): WebAssembly.Module {
  const module = modules.get(variant) ?? new WebAssembly.Module(bytesOf(binaries, variant));
  modules.set(variant, module);
  return module;
}

/** An engine that is refused memory beyond `limit`, like one on a host that has no more. */
export function refusingEngine(variant: WasmVariant): RefusingEngine {
  const exports = { ...instantiateSync<Kernels>(moduleOf(variant)).instance.exports } as Kernels;
  const { memory } = exports;
  const control = { limit: Infinity };
  const refusing: Pick<WebAssembly.Memory, "buffer" | "grow"> = {
    get buffer() {
      return memory.buffer;
    },
    grow(pages) {
      if (memory.buffer.byteLength + pages * PAGE > control.limit) throw new RangeError("refused");
      return memory.grow(pages);
    },
  };
  const kernels: Kernels = { ...exports, memory: refusing as WebAssembly.Memory };
  const engine: LossEngine = new WasmEngine(kernels);
  const losses = new Map<LossName, AnyLoss>();
  return {
    lossOf(name) {
      const known =
        losses.get(name) ??
        lossOn<AnyLoss, ReturnType<typeof definitionOf>>(() => engine, definitionOf(registry[name]));
      losses.set(name, known);
      return known;
    },
    allocate: (rows, classes) => engine.allocate(rows, classes, false) as Batch,
    get bytes() {
      return memory.buffer.byteLength;
    },
    get limit() {
      return control.limit;
    },
    set limit(bytes) {
      control.limit = bytes;
    },
  };
}

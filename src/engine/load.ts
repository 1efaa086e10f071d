import { instantiateSync } from "@assemblyscript/loader";
import { exported } from "../../build/binaries.js";
import type * as build from "../../build/simd.js";
import type { Variant } from "../types.js";
import { bytesOf, type WasmVariant } from "./binaries.js";
import { describe } from "./checks.js";
import type { Engine } from "./engine.js";
import { LossError } from "./error.js";
import { JsEngine } from "./js.js";
import type { KernelLoss } from "./loss.js";
import { RecoveringEngine } from "./recovering.js";
import { WasmEngine } from "./wasm.js";

/** What a binary exports, by the declarations that the compiler made of assembly/index.ts. */
export type Kernels = Awaited<ReturnType<typeof build.instantiate>>;

/** What runs the losses of the package. */
export type LossEngine = Engine<KernelLoss<object>>;

// Programs for Node need not have the library of the DOM, where these are declared. Where it is there, this adds nothing.
declare global {
  namespace WebAssembly {
    interface Module {}
  }
  interface Response {}
}

/** What `init` accepts: the bytes of a binary, a response that brings them, a promise of either, or a module. */
export type BinarySource =
  | ArrayBuffer
  | ArrayBufferView
  | Response
  | WebAssembly.Module
  | PromiseLike<ArrayBuffer | ArrayBufferView | Response | WebAssembly.Module>;

/** A binary is compiled once, however many instances there are. */
const compiled = new Map<WasmVariant, WebAssembly.Module>();

/**
 * A module of one function, which multiplies and adds three vectors of zeros by a relaxed instruction: to know that a host
 * lacks these, before the binaries are unpacked.
 */
// biome-ignore format: a section a line
const RELAXED_PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 5, 1, 96, 0, 1, 123,
  3, 2, 1, 0,
  10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
);

/** The bytes of a variant, or an error if the host cannot run them. */
function runnable(variant: WasmVariant, argument: string): Uint8Array<ArrayBuffer> {
  const expected = `a host that runs "${variant}"`;
  if (typeof WebAssembly === "undefined") {
    throw new LossError("UNSUPPORTED", { argument, expected, received: "one without WebAssembly" });
  }
  const bytes = variant === "simd" || WebAssembly.validate(RELAXED_PROBE) ? bytesOf(variant) : undefined;
  if (!bytes || !WebAssembly.validate(bytes)) {
    throw new LossError("UNSUPPORTED", { argument, expected, received: "one that lacks its instructions" });
  }
  return bytes;
}

/** A content security policy without 'wasm-unsafe-eval' shows in compiling only: `validate` says true all the same. */
function blocked(variant: WasmVariant, argument: string, cause: unknown): LossError {
  return new LossError("CSP_BLOCKED", {
    argument,
    expected: `a host that runs "${variant}"`,
    received: "one that may not compile WebAssembly",
    cause,
  });
}

function compile(variant: WasmVariant, argument: string): WebAssembly.Module {
  const known = compiled.get(variant);
  if (known) return known;
  const bytes = runnable(variant, argument);
  try {
    const module = new WebAssembly.Module(bytes);
    compiled.set(variant, module);
    return module;
  } catch (cause) {
    throw blocked(variant, argument, cause);
  }
}

export function isModule(value: unknown): value is WebAssembly.Module {
  return typeof WebAssembly !== "undefined" && value instanceof WebAssembly.Module;
}

/** A new instance of a module of ours. */
function instanceOf(module: WebAssembly.Module): WasmEngine {
  try {
    // The plain functions: the loader's own ones collect their arguments, which takes longer than a small kernel.
    const { exports } = instantiateSync<Kernels>(module).instance;
    return new WasmEngine({ ...exports } as Kernels);
  } catch (cause) {
    throw new LossError("OUT_OF_MEMORY", {
      argument: "memory",
      expected: "room for a new instance",
      received: "a refusal from the engine",
      cause,
    });
  }
}

/** An engine over a compiled module, which has to be one of ours. */
export function engineOf(module: WebAssembly.Module, argument: string): LossEngine {
  const present = WebAssembly.Module.exports(module).map(({ kind, name }) => `${kind} ${name}`);
  const isOurs =
    WebAssembly.Module.imports(module).length === 0 && exported.every((name) => present.includes(name));
  if (!isOurs) {
    throw new LossError("BAD_BINARY", {
      argument,
      expected: "kernels.wasm or kernels-relaxed.wasm of this package",
      received: "another WebAssembly module",
    });
  }
  return new RecoveringEngine(() => instanceOf(module));
}

/** An engine of one variant, or an error that says why there is none. */
export function engineFor(variant: Variant): LossEngine {
  return variant === "js" ? new JsEngine() : engineOf(compile(variant, "options.variant"), "options.variant");
}

/** Whether it is the host that lacks something, so that another variant may do. */
function isLacking(error: unknown): error is LossError {
  return error instanceof LossError && (error.code === "UNSUPPORTED" || error.code === "CSP_BLOCKED");
}

/** The best variant that this host runs. */
export function bestEngine(): LossEngine {
  for (const variant of ["relaxed", "simd"] as const) {
    try {
      return engineFor(variant);
    } catch (error) {
      if (!isLacking(error)) throw error;
      // A policy forbids the other one too, and a page may report every attempt.
      if (error.code === "CSP_BLOCKED") break;
    }
  }
  return engineFor("js");
}

function badBinary(received: string, cause?: unknown): LossError {
  return new LossError("BAD_BINARY", {
    argument: "source",
    expected: "the bytes of kernels.wasm or kernels-relaxed.wasm, a Response with them, or a module of them",
    received,
    cause,
  });
}

async function bytesFrom(given: unknown): Promise<Uint8Array> {
  if (typeof Response !== "undefined" && given instanceof Response) {
    if (!given.ok) throw badBinary(`a response with status ${given.status}`);
    try {
      return new Uint8Array(await given.arrayBuffer());
    } catch (cause) {
      throw badBinary("a response that cannot be read", cause);
    }
  }
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  if (Object.prototype.toString.call(given) === "[object ArrayBuffer]") {
    return new Uint8Array(given as ArrayBuffer);
  }
  throw badBinary(describe(given));
}

/** The variant whose bytes these are, to the last one: what was cut, altered or made for another version is not used. */
function variantOf(bytes: Uint8Array): WasmVariant {
  for (const variant of ["relaxed", "simd"] as const) {
    const right = bytesOf(variant);
    if (bytes.length === right.length && bytes.every((byte, i) => byte === right[i])) return variant;
  }
  throw badBinary(`${bytes.length} other bytes`);
}

/** `compile` without blocking. */
async function compileLater(variant: WasmVariant, argument: string): Promise<WebAssembly.Module> {
  const known = compiled.get(variant);
  if (known) return known;
  const bytes = runnable(variant, argument);
  try {
    const module = await WebAssembly.compile(bytes);
    compiled.set(variant, module);
    return module;
  } catch (cause) {
    throw blocked(variant, argument, cause);
  }
}

/** Compiles without blocking: the source, or the best of the inlined binaries. */
export async function loadEngine(source?: BinarySource): Promise<LossEngine> {
  if (source !== undefined) {
    const given: unknown = await source;
    if (isModule(given)) return engineOf(given, "source");
    return engineOf(await compileLater(variantOf(await bytesFrom(given)), "source"), "source");
  }
  for (const variant of ["relaxed", "simd"] as const) {
    try {
      return engineOf(await compileLater(variant, "source"), "source");
    } catch (error) {
      if (!isLacking(error)) throw error;
      // A policy forbids the other one too, and a page may report every attempt.
      if (error.code === "CSP_BLOCKED") break;
    }
  }
  return engineFor("js");
}

import { instantiateSync } from "@assemblyscript/loader";
import { binaries, exported } from "../../build/binaries.js";
import type * as build from "../../build/simd.js";
import type { Variant } from "../types.js";
import { bytesOf, type WasmVariant } from "./binaries.js";
import { describe } from "./checks.js";
import { compile, compileLater } from "./compile.js";
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
  return variant === "js"
    ? new JsEngine()
    : engineOf(compile(binaries, variant, "options.variant"), "options.variant");
}

/** Whether it is the host that lacks something, so that another variant may do. */
function isLacking(error: unknown): error is LossError {
  return error instanceof LossError && (error.code === "UNSUPPORTED" || error.code === "CSP_BLOCKED");
}

/** What can be made of the best variant that this host runs. */
export function ofBestVariant<T>(make: (variant: Variant) => T): T {
  for (const variant of ["relaxed", "simd"] as const) {
    try {
      return make(variant);
    } catch (error) {
      if (!isLacking(error)) throw error;
      // A policy forbids the other one too, and a page may report every attempt.
      if (error.code === "CSP_BLOCKED") break;
    }
  }
  return make("js");
}

export function bestEngine(): LossEngine {
  return ofBestVariant(engineFor);
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
    const right = bytesOf(binaries, variant);
    if (bytes.length === right.length && bytes.every((byte, i) => byte === right[i])) return variant;
  }
  throw badBinary(`${bytes.length} other bytes`);
}

/** Compiles without blocking: the source, or the best of the inlined binaries. */
export async function loadEngine(source?: BinarySource): Promise<LossEngine> {
  if (source !== undefined) {
    const given: unknown = await source;
    if (isModule(given)) return engineOf(given, "source");
    return engineOf(await compileLater(binaries, variantOf(await bytesFrom(given)), "source"), "source");
  }
  for (const variant of ["relaxed", "simd"] as const) {
    try {
      return engineOf(await compileLater(binaries, variant, "source"), "source");
    } catch (error) {
      if (!isLacking(error)) throw error;
      // A policy forbids the other one too, and a page may report every attempt.
      if (error.code === "CSP_BLOCKED") break;
    }
  }
  return engineFor("js");
}

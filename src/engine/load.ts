import { instantiateSync } from "@assemblyscript/loader";
import { relaxed, simd } from "../../build/binaries.js";
import type * as build from "../../build/simd.js";
import type { Variant } from "../types.js";
import type { Engine } from "./engine.js";
import { LossError } from "./error.js";
import { JsEngine } from "./js.js";
import { describe } from "./validate.js";
import { WasmEngine } from "./wasm.js";

/** What a binary exports, by the declarations that the compiler made of assembly/index.ts. */
export type Kernels = Awaited<ReturnType<typeof build.instantiate>>;

type WasmVariant = Exclude<Variant, "js">;

const BINARIES: Record<WasmVariant, string> = { relaxed, simd };

/** What `init` accepts: the bytes of a binary, a response that brings them, a promise of either, or a module. */
export type BinarySource =
  | BufferSource
  | Response
  | WebAssembly.Module
  | PromiseLike<BufferSource | Response | WebAssembly.Module>;

/** A binary is compiled once, however many instances there are. */
const compiled = new Map<WasmVariant, WebAssembly.Module>();

function bytesOf(variant: WasmVariant): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(BINARIES[variant]), (character) => character.charCodeAt(0));
}

/** Throws what stands in the way of a binary: the engine cannot run it, or a policy forbids to compile it. */
function compile(variant: WasmVariant): WebAssembly.Module {
  const known = compiled.get(variant);
  if (known) return known;
  const argument = "options.variant";
  const expected = `an engine that runs "${variant}"`;
  if (typeof WebAssembly === "undefined") {
    throw new LossError("UNSUPPORTED", { argument, expected, received: "one without WebAssembly" });
  }
  const bytes = bytesOf(variant);
  if (!WebAssembly.validate(bytes)) {
    throw new LossError("UNSUPPORTED", { argument, expected, received: "one that lacks its instructions" });
  }
  try {
    const module = new WebAssembly.Module(bytes);
    compiled.set(variant, module);
    return module;
  } catch (cause) {
    // A content security policy without 'wasm-unsafe-eval' shows here only: `validate` says true all the same.
    throw new LossError("CSP_BLOCKED", {
      argument,
      expected,
      received: "one that may not compile WebAssembly",
      cause,
    });
  }
}

/** An engine over a compiled module, which has to be one of ours. */
export function engineOf(module: WebAssembly.Module, argument: string): Engine {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const imports = WebAssembly.Module.imports(module).length;
  if (
    imports > 0 ||
    !["memory", "HEAP_BASE", "RELAXED", "setCall", "firstInvalidLabel"].every((name) => names.includes(name))
  ) {
    throw new LossError("BAD_BINARY", {
      argument,
      expected: "kernels.wasm or kernels-relaxed.wasm of this package",
      received: "another WebAssembly module",
    });
  }
  try {
    return new WasmEngine(instantiateSync<Kernels>(module).exports);
  } catch (cause) {
    throw new LossError("OUT_OF_MEMORY", {
      argument: "memory",
      expected: "room for a new instance",
      received: "a refusal from the engine",
      cause,
    });
  }
}

/** An engine of one variant, or an error that says why there is none. */
export function engineFor(variant: Variant): Engine {
  return variant === "js" ? new JsEngine() : engineOf(compile(variant), "options.variant");
}

/** The best variant that this host runs. */
export function bestEngine(): Engine {
  for (const variant of ["relaxed", "simd"] as const) {
    try {
      return engineFor(variant);
    } catch (error) {
      if (!(error instanceof LossError)) throw error;
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

async function moduleOf(source: BinarySource): Promise<WebAssembly.Module> {
  const given: unknown = await source;
  if (given instanceof WebAssembly.Module) return given;
  let bytes = given;
  if (typeof Response !== "undefined" && given instanceof Response) {
    if (!given.ok) throw badBinary(`a response with status ${given.status}`);
    bytes = await given.arrayBuffer();
  }
  if (!(ArrayBuffer.isView(bytes) || Object.prototype.toString.call(bytes) === "[object ArrayBuffer]")) {
    throw badBinary(describe(given));
  }
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (cause) {
    throw badBinary("bytes that do not compile", cause);
  }
}

/** Compiles without blocking: the source, or the best of the inlined binaries. */
export async function loadEngine(source?: BinarySource): Promise<Engine> {
  if (source !== undefined) return engineOf(await moduleOf(source), "source");
  if (typeof WebAssembly !== "undefined") {
    for (const variant of ["relaxed", "simd"] as const) {
      try {
        const module = compiled.get(variant) ?? (await WebAssembly.compile(bytesOf(variant)));
        compiled.set(variant, module);
        return engineOf(module, "source");
      } catch {
        // The next one may do; the plain JavaScript form does anywhere.
      }
    }
  }
  return engineFor("js");
}

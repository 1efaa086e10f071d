import { bytesOf, type PackedBinaries, type WasmVariant } from "./binaries.js";
import { LossError } from "./error.js";

/** A binary is compiled once, however many instances there are. */
const compiled = new Map<PackedBinaries, Map<WasmVariant, WebAssembly.Module>>();

function known(binaries: PackedBinaries): Map<WasmVariant, WebAssembly.Module> {
  const modules = compiled.get(binaries) ?? new Map<WasmVariant, WebAssembly.Module>();
  compiled.set(binaries, modules);
  return modules;
}

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
function runnable(binaries: PackedBinaries, variant: WasmVariant, argument: string): Uint8Array<ArrayBuffer> {
  const expected = `a host that runs "${variant}"`;
  if (typeof WebAssembly === "undefined") {
    throw new LossError("UNSUPPORTED", { argument, expected, received: "one without WebAssembly" });
  }
  const bytes =
    variant === "simd" || WebAssembly.validate(RELAXED_PROBE) ? bytesOf(binaries, variant) : undefined;
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

export function compile(
  binaries: PackedBinaries,
  variant: WasmVariant,
  argument: string,
): WebAssembly.Module {
  const modules = known(binaries);
  const earlier = modules.get(variant);
  if (earlier) return earlier;
  const bytes = runnable(binaries, variant, argument);
  try {
    const module = new WebAssembly.Module(bytes);
    modules.set(variant, module);
    return module;
  } catch (cause) {
    throw blocked(variant, argument, cause);
  }
}

/** `compile` without blocking. */
export async function compileLater(
  binaries: PackedBinaries,
  variant: WasmVariant,
  argument: string,
): Promise<WebAssembly.Module> {
  const modules = known(binaries);
  const earlier = modules.get(variant);
  if (earlier) return earlier;
  const bytes = runnable(binaries, variant, argument);
  try {
    const module = await WebAssembly.compile(bytes);
    modules.set(variant, module);
    return module;
  } catch (cause) {
    throw blocked(variant, argument, cause);
  }
}

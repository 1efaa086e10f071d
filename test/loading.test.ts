import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { binaryOf, withTrap } from "./support/binary.ts";

const bytes = readFileSync(new URL("../build/simd.wasm", import.meta.url));
const logits = new Float32Array([2, -1, 0.5]);
const labels = new Uint8Array([1, 0, 0]);

/** A fresh copy of the package, with nothing compiled and no default instance yet. */
async function freshPackage() {
  vi.resetModules();
  return import("../src/index.ts");
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function without(...missing: string[]): void {
  const real = WebAssembly;
  vi.stubGlobal(
    "WebAssembly",
    Object.fromEntries(
      [
        "Module",
        "Instance",
        "Memory",
        "RuntimeError",
        "CompileError",
        "LinkError",
        "validate",
        "compile",
        "instantiate",
      ]
        .filter((name) => !missing.includes(name))
        .map((name) => [name, real[name as keyof typeof real]]),
    ),
  );
}

/** A content security policy without 'wasm-unsafe-eval': compiling throws, validating does not. */
function forbidCompiling(): void {
  without();
  class Module {
    constructor() {
      throw new WebAssembly.CompileError("blocked by the content security policy");
    }
  }
  Object.assign(WebAssembly, { Module, compile: async () => new Module() });
}

describe("choosing a variant", () => {
  it("takes the best that the engine runs", async () => {
    const { createLosses } = await freshPackage();
    const relaxed = WebAssembly.validate(readFileSync(new URL("../build/relaxed.wasm", import.meta.url)));
    expect(createLosses().variant).toBe(relaxed ? "relaxed" : "simd");
    expect(createLosses({ variant: "simd" }).variant).toBe("simd");
    expect(createLosses({ variant: "js" }).variant).toBe("js");
  });

  it("falls back from relaxed to simd", async () => {
    const { createLosses } = await freshPackage();
    const real = WebAssembly.validate;
    const relaxed = readFileSync(new URL("../build/relaxed.wasm", import.meta.url));
    vi.spyOn(WebAssembly, "validate").mockImplementation(
      (source) => (source as Uint8Array).byteLength !== relaxed.byteLength && real(source),
    );
    expect(createLosses().variant).toBe("simd");
    expect(() => createLosses({ variant: "relaxed" })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  });

  it("knows by a small module whether there is relaxed SIMD", async () => {
    const { createLosses } = await freshPackage();
    const validate = vi.spyOn(WebAssembly, "validate");
    const { variant } = createLosses();
    const [probe] = validate.mock.calls[0] ?? [];
    expect((probe as Uint8Array).byteLength).toBeLessThan(100);
    expect(validate.mock.results[0]?.value).toBe(variant === "relaxed");
    // Where there is not, only one binary is looked at.
    expect(validate).toHaveBeenCalledTimes(2);
  });

  it("computes in plain JavaScript where there is no SIMD", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const { createLosses } = await freshPackage();
    expect(createLosses().variant).toBe("js");
  });

  it("computes in plain JavaScript where there is no WebAssembly", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const { createLosses, zlpr, init } = await freshPackage();
    expect(createLosses().variant).toBe("js");
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
    await init();
    expect(() => createLosses({ variant: "simd" })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", argument: "options.variant" }),
    );
  });

  it("computes in plain JavaScript where a policy forbids compiling, and says so if asked for more", async () => {
    forbidCompiling();
    const { createLosses, zlpr, init } = await freshPackage();
    expect(createLosses().variant).toBe("js");
    await init();
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
    expect(() => createLosses({ variant: "simd" })).toThrow(
      expect.objectContaining({ code: "CSP_BLOCKED", cause: expect.anything() }),
    );
  });

  it("does not settle for less because an instance was refused once", async () => {
    const { zlpr, createLosses } = await freshPackage();
    vi.spyOn(WebAssembly, "Instance").mockImplementation(
      class {
        constructor() {
          throw new RangeError("no memory");
        }
      } as never,
    );
    expect(() => zlpr(logits, labels, { classes: 3 })).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY" }),
    );
    vi.restoreAllMocks();
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
    expect(createLosses().variant).not.toBe("js");
  });

  it.each([null, "js", { varient: "js" }])("refuses options %o", async (options) => {
    const { createLosses } = await freshPackage();
    expect(() => createLosses(options as object)).toThrow(expect.objectContaining({ code: "TYPE" }));
  });

  it("refuses unknown ones", async () => {
    const { createLosses } = await freshPackage();
    // @ts-expect-error: not a variant
    expect(() => createLosses({ variant: "avx" })).toThrow(
      expect.objectContaining({ code: "RANGE", argument: "options.variant", received: '"avx"' }),
    );
  });

  it("does not compile before the first call, and then once", async () => {
    const { zlpr, createLosses } = await freshPackage();
    const compile = vi.spyOn(WebAssembly, "Module");
    zlpr(logits, labels, { classes: 3 });
    zlpr(logits, labels, { classes: 3 });
    createLosses();
    expect(compile).toHaveBeenCalledTimes(1);
  });
});

describe("a module of the caller's", () => {
  it("is used if it is one of ours", async () => {
    const { createLosses } = await freshPackage();
    const losses = createLosses({ module: new WebAssembly.Module(bytes) });
    expect(losses.variant).toBe("simd");
    expect(losses.zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
  });

  it("is refused if it is not, or not the variant asked for", async () => {
    const { createLosses } = await freshPackage();
    const empty = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    expect(() => createLosses({ module: empty })).toThrow(
      expect.objectContaining({ code: "BAD_BINARY", argument: "options.module" }),
    );
    expect(() => createLosses({ module: bytes })).toThrow(
      expect.objectContaining({ code: "TYPE", argument: "options.module" }),
    );
    expect(() => createLosses({ module: new WebAssembly.Module(bytes), variant: "relaxed" })).toThrow(
      expect.objectContaining({ code: "RANGE", argument: "options.variant" }),
    );
  });
});

describe("init", () => {
  const wasm = { headers: { "content-type": "application/wasm" } };

  it("compiles the inlined binary without blocking", async () => {
    const { init, zlpr } = await freshPackage();
    await init();
    const compile = vi.spyOn(WebAssembly, "Module");
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
    expect(compile).not.toHaveBeenCalled();
  });

  it.each([
    ["bytes", () => bytes],
    ["an ArrayBuffer", () => new Uint8Array(bytes).buffer],
    ["a module", () => new WebAssembly.Module(bytes)],
    ["a response", () => new Response(bytes, wasm)],
    ["a promise of a response", async () => new Response(bytes, wasm)],
  ])("accepts %s", async (_, source) => {
    const { init, zlpr } = await freshPackage();
    await init(source());
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
  });

  it.each([
    ["truncated bytes", () => bytes.subarray(0, 1000)],
    ["altered bytes", () => new Uint8Array(bytes).with(4, 7)],
    ["bytes with one bit altered", () => Uint8Array.from(bytes, (b, i) => (i === 15_000 ? b ^ 64 : b))],
    [
      "a response that was read",
      async () => {
        const response = new Response(bytes, wasm);
        await response.arrayBuffer();
        return response;
      },
    ],
    ["a page of HTML", () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } })],
    ["a missing file", () => new Response("", { status: 404 })],
    ["another module", () => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])],
    ["something else", () => 42 as unknown as BufferSource],
  ])("refuses %s, and can be called again", async (_, source) => {
    const { init, zlpr } = await freshPackage();
    await expect(init(source())).rejects.toMatchObject({ code: "BAD_BINARY", argument: "source" });
    await init(bytes);
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
  });

  it("of two sources at the same time looks at both, and uses the last", async () => {
    const { init, zlpr } = await freshPackage();
    const first = init(bytes);
    await expect(init(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: "BAD_BINARY" });
    await first;
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(1.23105862, 6);
  });

  it("with a source takes the place of what is in use, without one leaves it", async () => {
    const { init, zlpr } = await freshPackage();
    const call = () => zlpr(logits, labels, { classes: 3 });
    expect(call().loss).toBeCloseTo(1.23105862, 6);
    await init(new WebAssembly.Module(withTrap(binaryOf("simd"), "zlpr")));
    expect(call).toThrow(WebAssembly.RuntimeError);
    await init();
    expect(call).toThrow(WebAssembly.RuntimeError);
    await init(bytes);
    expect(call().loss).toBeCloseTo(1.23105862, 6);
  });

  it("says that a policy forbids compiling", async () => {
    forbidCompiling();
    const { init } = await freshPackage();
    await expect(init(bytes)).rejects.toMatchObject({ code: "CSP_BLOCKED", argument: "source" });
  });

  it("says that there is no WebAssembly", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const { init } = await freshPackage();
    await expect(init(bytes)).rejects.toMatchObject({ code: "UNSUPPORTED", argument: "source" });
  });

  it("called twice at the same time is one promise", async () => {
    const { init } = await freshPackage();
    const first = init();
    expect(init()).toBe(first);
    await first;
  });
});

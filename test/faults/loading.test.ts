import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { BinarySource, LossErrorCode } from "../../src/index.ts";
import { binaryOf, withTrap } from "../support/binary.ts";
import { effort } from "../support/effort.ts";

/* Hosts without WebAssembly or its instructions, policies against it, and binaries that are none. */

const simd = binaryOf("simd");
const relaxed = binaryOf("relaxed");
const hasRelaxed = WebAssembly.validate(relaxed);
const logits = new Float32Array([2, -1, 0.5]);
const labels = new Uint8Array([1, 0, 0]);
const RIGHT = 1.23105862;

/** A fresh copy of the package, with nothing compiled and no default instance yet. */
async function freshPackage() {
  vi.resetModules();
  return import("../../src/index.ts");
}

beforeAll(async () => {
  // The fetch of Node compiles WebAssembly of its own when it, or Response, is first touched. It has to be through with
  // that before a test takes WebAssembly away.
  const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}`)).arrayBuffer();
  server.closeAllConnections();
  server.close();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A WebAssembly that this test may alter. */
function ownWebAssembly(): typeof WebAssembly {
  const names = Object.getOwnPropertyNames(WebAssembly) as (keyof typeof WebAssembly)[];
  const own = Object.fromEntries(names.map((name) => [name, WebAssembly[name]]));
  vi.stubGlobal("WebAssembly", own);
  return own as unknown as typeof WebAssembly;
}

/** Hosts that run less than the best, and what they say to somebody who asks for a variant by name. */
const HOSTS: [
  title: string,
  make: () => void,
  variant: "simd" | "js",
  relaxed: [LossErrorCode, string],
  simd: [LossErrorCode, string] | undefined,
][] = [
  [
    "no WebAssembly",
    () => {
      vi.stubGlobal("WebAssembly", undefined);
    },
    "js",
    ["UNSUPPORTED", 'expected a host that runs "relaxed", received one without WebAssembly'],
    ["UNSUPPORTED", 'expected a host that runs "simd", received one without WebAssembly'],
  ],
  [
    "no SIMD",
    () => {
      ownWebAssembly().validate = () => false;
    },
    "js",
    ["UNSUPPORTED", 'expected a host that runs "relaxed", received one that lacks its instructions'],
    ["UNSUPPORTED", 'expected a host that runs "simd", received one that lacks its instructions'],
  ],
  [
    "no relaxed SIMD",
    () => {
      const own = ownWebAssembly();
      const { validate } = own;
      // Of all that is looked at, the binary of simd alone runs.
      own.validate = (source) => (source as Uint8Array).byteLength === simd.length && validate(source);
    },
    "simd",
    ["UNSUPPORTED", 'expected a host that runs "relaxed", received one that lacks its instructions'],
    undefined,
  ],
  [
    "bytes blocked by a content security policy, while validate still says true",
    () => {
      const own = ownWebAssembly();
      const { CompileError } = own;
      own.validate = () => true;
      own.Module = class {
        constructor() {
          throw new CompileError("Refused to compile or instantiate WebAssembly module");
        }
      } as unknown as typeof WebAssembly.Module;
      own.compile = async () => new own.Module(new Uint8Array(0));
    },
    "js",
    ["CSP_BLOCKED", 'expected a host that runs "relaxed", received one that may not compile WebAssembly'],
    ["CSP_BLOCKED", 'expected a host that runs "simd", received one that may not compile WebAssembly'],
  ],
];

describe.each(HOSTS)("%s", (_, make, variant, ...refusals) => {
  it(`the ${variant} variant by default`, async () => {
    make();
    const { createLosses, zlpr, init } = await freshPackage();
    expect(createLosses().variant).toBe(variant);
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
    await init();
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
    expect(createLosses({ variant: "js" }).variant).toBe("js");
  });

  it("after await init() as well", async () => {
    make();
    const { init, zlpr } = await freshPackage();
    await init();
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
  });

  it("a typed error if the caller asked for Wasm by name", async () => {
    make();
    const { createLosses, init } = await freshPackage();
    for (const [i, name] of (["relaxed", "simd"] as const).entries()) {
      const refusal = refusals[i];
      const bytes = { relaxed, simd }[name];
      if (!refusal) {
        expect(createLosses({ variant: name }).variant).toBe(name);
        await init(bytes);
        continue;
      }
      const [code, message] = refusal;
      expect(() => createLosses({ variant: name })).toThrow(
        expect.objectContaining({ code, message: `options.variant: ${message}` }),
      );
      await expect(init(bytes)).rejects.toMatchObject({ code, message: `source: ${message}` });
    }
  });
});

describe("a host that lacks something for a while", () => {
  it("is asked again: nothing of it is cached", async () => {
    const { createLosses } = await freshPackage();
    const validate = vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    expect(() => createLosses({ variant: "simd" })).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    validate.mockRestore();
    expect(createLosses({ variant: "simd" }).zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
  });

  it("and an instance that was refused too: OUT_OF_MEMORY, by a call, by createLosses and by init", async () => {
    const { createLosses, init, zlpr } = await freshPackage();
    const refusal = new RangeError("could not allocate memory");
    vi.spyOn(WebAssembly, "Instance").mockImplementation(
      class {
        constructor() {
          throw refusal;
        }
      } as never,
    );
    const expected = {
      code: "OUT_OF_MEMORY",
      message: "memory: expected room for a new instance, received a refusal from the engine",
      cause: refusal,
    };
    for (let i = 0; i < 2; i++) {
      expect(() => zlpr(logits, labels, { classes: 3 })).toThrow(expect.objectContaining(expected));
      expect(() => createLosses()).toThrow(expect.objectContaining(expected));
      await expect(init()).rejects.toMatchObject(expected);
    }
    vi.restoreAllMocks();
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
    expect(createLosses().variant).toBe(hasRelaxed ? "relaxed" : "simd");
  });
});

describe("bytes that are not those of this version: BAD_BINARY", () => {
  const html = new TextEncoder().encode("<!doctype html><title>404</title>");
  const expected = (received: string) => ({
    code: "BAD_BINARY",
    message:
      "source: expected the bytes of kernels.wasm or kernels-relaxed.wasm, a Response with them, or a module of them, " +
      `received ${received}`,
  });

  it.each(Object.entries({ simd, relaxed }))("%s altered in one byte, every 500th", async (_, bytes) => {
    const { init } = await freshPackage();
    for (let at = 0; at < bytes.length; at += effort(500, 25_000)) {
      const altered = bytes.slice();
      altered[at]! ^= 1 << ((at / 500) % 8);
      await expect(init(altered), `byte ${at}`).rejects.toMatchObject(
        expected(`${bytes.length} other bytes`),
      );
    }
    const last = bytes.slice();
    last[last.length - 1]! ^= 1;
    await expect(init(last)).rejects.toMatchObject(expected(`${bytes.length} other bytes`));
  });

  it.each(Object.entries({ simd, relaxed }))("%s truncated", async (_, bytes) => {
    const { init } = await freshPackage();
    const lengths = [0, 1, 4, 8, 9, 100, 4096, 8192, 65_536, bytes.length >> 1, bytes.length - 1];
    for (const length of effort(lengths, [0, 8, bytes.length - 1])) {
      await expect(init(bytes.subarray(0, length))).rejects.toMatchObject(expected(`${length} other bytes`));
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    await expect(init(longer)).rejects.toMatchObject(expected(`${longer.length} other bytes`));
  });

  it.each<[string, BinarySource]>([
    ["as bytes", html],
    ["as an ArrayBuffer", html.buffer],
    ["in a Response", new Response(html, { headers: { "content-type": "text/html" } })],
    ["in the promise of one", Promise.resolve(new Response(html))],
  ])("a page of HTML, %s", async (_, source) => {
    const { init, zlpr } = await freshPackage();
    await expect(init(source)).rejects.toMatchObject(expected(`${html.length} other bytes`));
    // The inlined binary is there all the same.
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
  });

  it("in a view of a larger buffer, only the view counts", async () => {
    const { init } = await freshPackage();
    const within = new Uint8Array(simd.length + 20).fill(7);
    within.set(simd, 9);
    await init(within.subarray(9, 9 + simd.length));
    await init(new DataView(within.buffer, 9, simd.length));
    await expect(init(within)).rejects.toMatchObject(expected(`${within.length} other bytes`));
  });
});

describe("two concurrent init", () => {
  it("are one promise, with no source and with the same one", async () => {
    const { init } = await freshPackage();
    const compile = vi.spyOn(WebAssembly, "compile");
    for (const source of [undefined, simd, Promise.resolve(simd)]) {
      const first = init(source);
      expect(init(source)).toBe(first);
      expect(await first).toBeUndefined();
    }
    expect(compile.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it("that fail fail together, and a failed one is not cached", async () => {
    const { init, zlpr } = await freshPackage();
    let answers = 0;
    // A server that has an answer only for the second who asks.
    const source = {
      // biome-ignore lint/suspicious/noThenProperty: like a promise, but its answer changes
      then: (resolve: (bytes: Uint8Array) => void) =>
        resolve(answers++ === 0 ? (logits.slice() as never) : simd),
    };
    const [first, second] = [init(source as never), init(source as never)];
    expect(second).toBe(first);
    await expect(first).rejects.toMatchObject({ code: "BAD_BINARY" });
    const third = init(source as never);
    expect(third).not.toBe(first);
    await third;
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
  });

  it("with other sources are worked off in turn: the last one is in use, whichever comes first", async () => {
    const { init, createLosses, zlpr } = await freshPackage();
    const slow = new Promise<Uint8Array>((resolve) => setTimeout(resolve, 20, simd));
    const both = [init(slow), init(simd), init(html404()).catch((error: unknown) => error), init()];
    const settled = await Promise.all(both);
    expect(settled[2]).toMatchObject({ code: "BAD_BINARY" });
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
    expect(createLosses({ variant: "simd" }).variant).toBe("simd");
  });

  it("the last one is in use, also where a source is given again while it loads", async () => {
    const { init, zlpr } = await freshPackage();
    const slow = new Promise<Uint8Array>((resolve) => setTimeout(resolve, 20, simd));
    const first = init(simd);
    const others = [init(slow), init(simd)];
    await first;
    expect(init(simd)).toBe(others[1]);
    // Of which one tells that it is in use.
    await init(new WebAssembly.Module(withTrap(simd, "zlpr")));
    await Promise.all(others);
    expect(() => zlpr(logits, labels, { classes: 3 })).toThrow(WebAssembly.RuntimeError);
  });

  it("while calls run: they do not wait, and go on with what there is", async () => {
    const { init, zlpr } = await freshPackage();
    const loading = init(simd);
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
    await loading;
    expect(zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
  });
});

function html404(): Response {
  return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
}

describe("a module of the caller's", () => {
  it("needs no compiling, where a policy forbids it", async () => {
    const module = new WebAssembly.Module(simd);
    const { createLosses, init } = await freshPackage();
    const own = ownWebAssembly();
    own.Module = new Proxy(own.Module, {
      construct() {
        throw new own.CompileError("blocked");
      },
    });
    expect(createLosses({ module }).zlpr(logits, labels, { classes: 3 }).loss).toBeCloseTo(RIGHT, 6);
    await init(module);
  });

  it("is refused under a variant that it is not", async () => {
    const { createLosses } = await freshPackage();
    const module = new WebAssembly.Module(simd);
    expect(() => createLosses({ module, variant: "relaxed" })).toThrow(
      expect.objectContaining({
        code: "RANGE",
        message: 'options.variant: expected "simd", as the module is, received "relaxed"',
      }),
    );
  });
});

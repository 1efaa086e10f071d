import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, makeApp, nodeReport, packedFile, type Report, root } from "./app.ts";

const PROGRAM = `
  const { loss, grad } = zlpr(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]), { classes: 3 });
  const right = reference.zlpr(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]), { classes: 3 });
  console.log(JSON.stringify({ loss, right: right.loss, classes: grad.length, variant: createLosses().variant }));
`;

/** Node has relaxed SIMD without a flag since 21. */
const VARIANT = Number(process.versions.node.split(".")[0]) >= 21 ? "relaxed" : "simd";

let app: App;
beforeAll(async () => {
  app = await makeApp();
});
afterAll(() => app.remove());

async function run(file: string, source: string): Promise<string> {
  await app.write({ [file]: source });
  return app.node(file);
}

describe(`under Node ${process.versions.node}, the packed package`, () => {
  it.each([
    [
      "imported as an ES module",
      "program.mjs",
      'import { createLosses, zlpr } from "zlpr"; import * as reference from "zlpr/reference";',
    ],
    [
      "required as CommonJS",
      "program.cjs",
      'const { createLosses, zlpr } = require("zlpr"); const reference = require("zlpr/reference");',
    ],
  ])("runs when %s", async (_, file, imports) => {
    const output = JSON.parse(await run(file, imports + PROGRAM)) as object;
    expect(output).toEqual({
      loss: expect.closeTo(1.23105862, 6),
      right: expect.closeTo(1.23105862, 6),
      classes: 3,
      variant: VARIANT,
    });
  });

  it("has a command, which needs nothing else either", async () => {
    const { bin } = JSON.parse(await packedFile(app, "package.json")) as { bin: { zlpr: string } };
    // As npm links it.
    expect(await app.node(join("node_modules/zlpr", bin.zlpr), "--help")).toContain("Usage: zlpr");
  });

  it("runs the examples of the README", async () => {
    const readme = await readFile(join(root, "README.md"), "utf8");
    const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code as string);
    expect(examples.length).toBeGreaterThan(1);
    for (const code of examples) {
      expect(await run("example.mjs", `${code}; console.log(typeof zlpr);`)).toBe("function\n");
    }
  });

  it("gives its binaries to those who load them themselves", async () => {
    const output = await run(
      "binary.mjs",
      `import { readFile } from "node:fs/promises"; import { createLosses } from "zlpr";
       const file = await readFile(new URL(import.meta.resolve("zlpr/kernels.wasm")));
       console.log(createLosses({ module: await WebAssembly.compile(file) }).variant);`,
    );
    expect(output.trim()).toBe("simd");
  });

  it("computes in plain JavaScript where there is no WebAssembly", async () => {
    const output = await run(
      "bare.js",
      `import { report } from "./report.js";
       delete globalThis.WebAssembly;
       console.log(JSON.stringify(report(await import("zlpr"))));`,
    );
    expect(JSON.parse(output)).toMatchObject({
      variant: "js",
      loss: expect.closeTo(1.23105862, 6),
      simd: "UNSUPPORTED",
    });
  });

  it("runs in worker threads, from one module that is compiled once", async () => {
    const output = await run(
      "threads.mjs",
      `import { readFile } from "node:fs/promises";
       import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
       import { createLosses, zlpr } from "zlpr";
       import { report } from "./report.js";
       if (isMainThread) {
         const module = await WebAssembly.compile(await readFile(new URL(import.meta.resolve("zlpr/kernels.wasm"))));
         const answers = [undefined, module, module].map((workerData) => new Promise((resolve, reject) => {
           const worker = new Worker(new URL(import.meta.url), { workerData });
           worker.once("message", resolve).once("error", reject);
         }));
         console.log(JSON.stringify(await Promise.all(answers)));
       } else if (workerData) {
         const compile = WebAssembly.Module;
         let compiled = 0;
         WebAssembly.Module = new Proxy(compile, { construct: (...given) => (compiled++, Reflect.construct(...given)) });
         const losses = createLosses({ module: workerData });
         const own = report({ createLosses: () => losses, zlpr: losses.zlpr });
         parentPort.postMessage({ ...own, compiled });
       } else {
         parentPort.postMessage(report({ createLosses, zlpr }));
       }`,
    );
    const [alone, ...given] = JSON.parse(output) as [Report, Report, Report];
    expect(alone).toEqual(await nodeReport(app));
    expect(given).toHaveLength(2);
    for (const report of given) {
      expect(report).toMatchObject({ variant: "simd", compiled: 0, simd: alone.simd });
    }
  });
});

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * The package as a user gets it: packed, unpacked into the node_modules of an empty folder beside its one dependency, and
 * imported in each of the ways that `exports` promises.
 */

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const PROGRAM = `
  const { loss, grad } = zlpr(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]), { classes: 3 });
  const right = reference.zlpr(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]), { classes: 3 });
  console.log(JSON.stringify({ loss, right: right.loss, classes: grad.length, variant: createLosses().variant }));
`;

let folder = "";

async function node(file: string, source: string): Promise<string> {
  await writeFile(join(folder, file), source);
  const { stdout } = await run(process.execPath, [file], { cwd: folder });
  return stdout;
}

async function typeCheck(file: string, moduleResolution: string, ...more: string[]): Promise<void> {
  const module = moduleResolution === "nodenext" ? "nodenext" : "preserve";
  const flags = [
    "--strict",
    "--noEmit",
    "--module",
    module,
    "--moduleResolution",
    moduleResolution,
    "--target",
    "es2022",
    "--lib",
    "es2022,dom",
    ...more,
  ];
  await run(process.execPath, ["node_modules/typescript/bin/tsc", ...flags, file], { cwd: folder }).catch(
    (error: { stdout: string }) => expect.fail(error.stdout),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zlpr-package-"));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  const packed: unknown = JSON.parse(stdout);
  const { filename } = (Array.isArray(packed) ? packed[0] : Object.values(packed as object)[0]) as {
    filename: string;
  };
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "zlpr"), { recursive: true });
  await run("tar", ["-xzf", join(folder, filename), "-C", join(modules, "zlpr"), "--strip-components=1"]);
  await cp(join(root, "node_modules/@assemblyscript/loader"), join(modules, "@assemblyscript/loader"), {
    recursive: true,
  });
  // To check types with, and what losses are handed to: no part of the package.
  for (const name of ["typescript", "@tensorflow"]) {
    await symlink(join(root, "node_modules", name), join(modules, name));
  }
  await writeFile(join(folder, "package.json"), '{ "private": true }');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the packed package", () => {
  it("holds what is needed and nothing else", async () => {
    const files = await readdir(join(folder, "node_modules/zlpr"), { recursive: true, withFileTypes: true });
    const names = files.filter((file) => file.isFile()).map((file) => file.name);
    for (const needed of [
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "index.mjs",
      "index.cjs",
      "index.d.mts",
      "index.d.cts",
      "reference.mjs",
      "reference.cjs",
      "kernels.wasm",
      "kernels-relaxed.wasm",
    ]) {
      expect(names).toContain(needed);
    }
    expect(
      names.filter((name) => /\.(ts|mts|cts|mjs|cjs|wasm|json|md)$|^LICENSE$/.test(name) === false),
    ).toEqual([]);
  });

  it("depends on the AssemblyScript loader alone", async () => {
    const manifest = JSON.parse(await readFile(join(folder, "node_modules/zlpr/package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(manifest.dependencies)).toEqual(["@assemblyscript/loader"]);
  });

  it("is imported as an ES module", async () => {
    const output = await node(
      "program.mjs",
      `import { createLosses, zlpr } from "zlpr"; import * as reference from "zlpr/reference"; ${PROGRAM}`,
    );
    expect(JSON.parse(output)).toMatchObject({
      loss: expect.closeTo(1.23105862, 6),
      right: expect.closeTo(1.23105862, 6),
      classes: 3,
    });
    expect(JSON.parse(output).variant).not.toBe("js");
  });

  it("is required as CommonJS", async () => {
    const output = await node(
      "program.cjs",
      `const { createLosses, zlpr } = require("zlpr"); const reference = require("zlpr/reference"); ${PROGRAM}`,
    );
    expect(JSON.parse(output)).toMatchObject({
      loss: expect.closeTo(1.23105862, 6),
      right: expect.closeTo(1.23105862, 6),
      classes: 3,
    });
    expect(JSON.parse(output).variant).not.toBe("js");
  });

  it("has losses for TensorFlow.js, which is handed to them", async () => {
    const program = `
      const yPred = tf.tensor2d([2, -1, 0.5], [1, 3]);
      const yTrue = tf.tensor2d([1, 0, 0], [1, 3], "bool");
      const loss = tfjsLosses(tf).zlpr();
      const { value, grad } = tf.valueAndGrad((x) => loss(yTrue, x))(yPred);
      let isLossError = false;
      try { loss(yPred, yPred); } catch (error) { isLossError = error instanceof LossError; }
      console.log(JSON.stringify({ value: value.dataSync()[0], grad: [...grad.dataSync()], isLossError }));`;
    const outputs = [
      await node(
        "tfjs.mjs",
        `import * as tf from "@tensorflow/tfjs"; import { LossError } from "zlpr"; import { tfjsLosses } from "zlpr/tfjs"; ${program}`,
      ),
      await node(
        "tfjs.cjs",
        `const tf = require("@tensorflow/tfjs"); const { LossError } = require("zlpr"); const { tfjsLosses } = require("zlpr/tfjs"); ${program}`,
      ),
    ];
    for (const output of outputs) {
      const { value, grad, isLossError } = JSON.parse(output);
      expect(value).toBeCloseTo(1.23105862, 6);
      expect(grad[0]).toBeCloseTo(-0.1192029, 6);
      expect(isLossError).toBe(true);
    }
    const source = await readFile(join(folder, "node_modules/zlpr/dist/tfjs.mjs"), "utf8");
    expect(source).not.toMatch(/^(import|export|const) .*["']@tensorflow/m);
  });

  it("runs the examples of the README", async () => {
    const readme = await readFile(join(root, "README.md"), "utf8");
    const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code as string);
    expect(examples.length).toBeGreaterThan(1);
    for (const code of examples) {
      expect(await node("example.mjs", `${code}; console.log(typeof zlpr);`)).toBe("function\n");
    }
  });

  it("gives its binaries to those who load them themselves", async () => {
    const output = await node(
      "binary.mjs",
      `import { readFile } from "node:fs/promises"; import { createLosses } from "zlpr";
       const file = await readFile(new URL(import.meta.resolve("zlpr/kernels.wasm")));
       console.log(createLosses({ module: await WebAssembly.compile(file) }).variant);`,
    );
    expect(output.trim()).toBe("simd");
  });

  it("has no WebAssembly in its reference", async () => {
    const output = await node(
      "reference.mjs",
      `globalThis.WebAssembly = undefined;
       const reference = await import("zlpr/reference");
       console.log(reference.zlpr(new Float32Array([2]), new Uint8Array([1]), { classes: 1, gradient: false }).loss);`,
    );
    expect(Number(output)).toBeCloseTo(Math.log1p(Math.exp(-2)), 6);
    const source = await readFile(join(folder, "node_modules/zlpr/dist/reference.mjs"), "utf8");
    expect(source).not.toContain("index.mjs");
  });

  it("types models of TensorFlow.js", async () => {
    await writeFile(
      join(folder, "model.ts"),
      `import * as tf from "@tensorflow/tfjs";
       import { tfjsLosses, tfjsMetrics } from "zlpr/tfjs";
       const losses = tfjsLosses(tf);
       const { microF1 } = tfjsMetrics(tf, { threshold: 1 });
       const model = tf.sequential();
       model.compile({ optimizer: "adam", loss: losses.zlpr({ threshold: 1 }), metrics: [microF1] });
       model.compile({ optimizer: "adam", loss: losses.focal({ gamma: 1, reduction: "none", rowWeights: (y) => tf.sum(y, 1) }) });
       // @ts-expect-error: not an option of this loss
       losses.zlpr({ gamma: 1 });
       // @ts-expect-error: classes come from the shape
       losses.zlpr({ classes: 3 });`,
    );
    await typeCheck("model.ts", "nodenext", "--skipLibCheck");
  });

  it.each(["nodenext", "bundler"])("types programs, module resolution %s", async (moduleResolution) => {
    await writeFile(
      join(folder, "program.ts"),
      `import { combinatorialSoftmax, createLosses, focal, type Loss, type LossResult, softmaxCrossEntropy, zlpr } from "zlpr";
       import { zlpr as plain } from "zlpr/reference";
       const logits = new Float32Array(6);
       const labels = new Uint8Array(6);
       const mean: LossResult = zlpr(logits, labels, { classes: 3 });
       const each: LossResult<Float32Array> = plain(logits, labels, { classes: 3, reduction: "none", threshold: 1 });
       const forward: { loss: number } = createLosses().sigmoidCrossEntropy(logits, labels, { classes: 3, gradient: false });
       // @ts-expect-error: no gradient where it is turned off
       zlpr(logits, labels, { classes: 3, gradient: false }).grad;
       // @ts-expect-error: not an option of this loss
       createLosses().sigmoidCrossEntropy(logits, labels, { classes: 3, threshold: 1 });
       // @ts-expect-error: classes is required
       zlpr(logits, labels, {});
       // @ts-expect-error: plain arrays are not accepted
       zlpr([1, 2, 3], labels, { classes: 3 });
       const either = { threshold: 1 as number | Float32Array };
       const perRow: Float32Array = zlpr(logits, labels, { classes: 3, threshold: new Float32Array(2) }).thresholdGrad;
       const perhaps: Float32Array | undefined = zlpr(logits, labels, { classes: 3, ...either }).thresholdGrad;
       combinatorialSoftmax(logits, labels, { classes: 3, maxLabels: 2, ...either });
       // @ts-expect-error: a threshold needs maxLabels
       combinatorialSoftmax(logits, labels, { classes: 3, threshold: 1 });
       // One of several, by its name.
       const choice: Record<string, Loss> = { zlpr, focal, combinatorialSoftmax, softmaxCrossEntropy };
       const chosen: number | undefined = choice["focal"]?.(logits, labels, { classes: 3 }).loss;
       console.log(perRow, perhaps, chosen);
       const all: number[] = [mean.loss, mean.grad.length, each.loss.length, forward.loss];
       console.log(all);`,
    );
    await typeCheck("program.ts", moduleResolution);
  });
});

import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, makeApp, packedFile, root, typeErrors } from "./app.ts";

const PROGRAM = `
  const yPred = tf.tensor2d([2, -1, 0.5], [1, 3]);
  const yTrue = tf.tensor2d([1, 0, 0], [1, 3], "bool");
  const loss = tfjsLosses(tf).zlpr();
  const { value, grad } = tf.valueAndGrad((x) => loss(yTrue, x))(yPred);
  let isLossError = false;
  try { loss(yPred, yPred); } catch (error) { isLossError = error instanceof LossError; }
  console.log(JSON.stringify({ value: value.dataSync()[0], grad: [...grad.dataSync()], isLossError }));
`;

let app: App;
beforeAll(async () => {
  app = await makeApp();
  // What the losses are handed: no part of the package.
  await mkdir(app.path("node_modules"), { recursive: true });
  await symlink(join(root, "node_modules/@tensorflow"), app.path("node_modules/@tensorflow"), "junction");
});
afterAll(() => app.remove());

describe("the packed package beside TensorFlow.js", () => {
  it.each([
    [
      "program.mjs",
      'import * as tf from "@tensorflow/tfjs"; import { LossError } from "zlpr"; import { tfjsLosses } from "zlpr/tfjs";',
    ],
    [
      "program.cjs",
      'const tf = require("@tensorflow/tfjs"); const { LossError } = require("zlpr"); const { tfjsLosses } = require("zlpr/tfjs");',
    ],
  ])("has losses for its models: %s", async (file, imports) => {
    await app.write({ [file]: imports + PROGRAM });
    const { value, grad, isLossError } = JSON.parse(await app.node(file));
    expect(value).toBeCloseTo(1.23105862, 6);
    expect(grad[0]).toBeCloseTo(-0.1192029, 6);
    expect(isLossError).toBe(true);
  });

  it("imports nothing of it", async () => {
    expect(await packedFile(app, "dist/tfjs.mjs")).not.toMatch(/^(import|export|const) .*["']@tensorflow/m);
  });

  it("types its models", async () => {
    await app.write({
      "model.ts": `import * as tf from "@tensorflow/tfjs";
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
    });
    const flags = ["--module", "nodenext", "--lib", "es2022,dom", "--skipLibCheck"];
    expect(await typeErrors(app, "model.ts", flags)).toBe("");
  });
});

import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as zlpr from "../../src/index.ts";
import * as tfjs from "../../src/tfjs.ts";
import { useBackend } from "./support.ts";

const modules: Record<string, object> = { "@tensorflow/tfjs": tf, zlpr, "zlpr/tfjs": tfjs };

/** The blocks of code as one function of what they are given. */
function programOf(markdown: string): (...given: unknown[]) => Promise<unknown> {
  const blocks = Array.from(markdown.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = ""]) => code);
  const code = blocks
    .join("\n")
    .replaceAll(/^import (?:\* as )?(.+?) from "(.+?)";$/gm, 'const $1 = modules["$2"];')
    // A model that is loaded is one more.
    .replaceAll("const model = await tf.load", "const loaded = await load");
  const script = ts.transpile(
    `export default async () => {${code}\nreturn { scores, offsets, indices, model }; }`,
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
    },
  );
  const body = script.replace("export default ", "return (").replace(/;?\s*$/, ")();");
  return new Function("modules", "inputs", "labels", "loadLayersModel", body) as never;
}

describe("docs/tfjs.md", () => {
  it("has code that runs", async () => {
    await useBackend("wasm");
    const page = readFileSync(new URL("../../docs/tfjs.md", import.meta.url), "utf8");
    const inputs = tf.randomNormal([20, 384]);
    const labels = tf.cast(tf.less(tf.randomUniform([20, 1000]), 0.01), "float32");
    const loaded: string[] = [];
    const load = async (path: string) => {
      loaded.push(path);
      return tf.sequential({ layers: [tf.layers.dense({ units: 1000, inputShape: [384] })] });
    };
    const { scores, offsets, indices, model } = (await programOf(page)(modules, inputs, labels, load)) as {
      scores: Float32Array;
      offsets: Int32Array;
      indices: Int32Array;
      model: tf.Sequential;
    };
    expect(scores).toHaveLength(20_000);
    expect(offsets.at(-1)).toBe(indices.length);
    expect(indices.length).toBe(scores.filter((score) => score > 0).length);
    expect(loaded).toHaveLength(1);
    // With the weights of the rows.
    expect(Number.isFinite(await model.trainOnBatch(inputs, labels))).toBe(true);
  });
});

import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { EvaluateFn } from "../src/beam/evaluateFn.ts";
import * as zlpr from "../src/index.ts";
import * as parallel from "../src/parallel.ts";
import * as tfjs from "../src/tfjs.ts";
import { docExamples, resultsOf, shownLike } from "./support/docstrings.ts";

/** What stands for a file that a server would send. */
async function fetchBinary(path: string): Promise<Response> {
  expect(path).toBe("/assets/kernels.wasm");
  return new Response(readFileSync(new URL("../build/simd.wasm", import.meta.url)));
}

const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
const scope = { ...zlpr, ...tfjs, ...parallel, EvaluateFn, tf, model, fetch: fetchBinary };
const examples = docExamples();

describe("examples in the source", () => {
  const documented = new Set(examples.map(({ name }) => name));

  it("are there for every function", () => {
    const functions = Object.keys({ ...zlpr, ...tfjs, ...parallel, EvaluateFn });
    expect(functions.length).toBeGreaterThan(15);
    expect(functions.filter((name) => !documented.has(name))).toEqual([]);
  });

  it.each(examples)("give what they print: $name", async ({ name, code }) => {
    const results = await resultsOf(code, scope);
    if (name !== "init") expect(results).not.toHaveLength(0);
    for (const result of results) expect(shownLike(result)).toBe(result.printed);
  });
});

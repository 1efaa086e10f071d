import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as zlpr from "../../src/index.ts";
import * as tfjs from "../../src/tfjs.ts";
import { useBackend } from "./support.ts";

const modules: Record<string, object> = { "@tensorflow/tfjs": tf, zlpr, "zlpr/tfjs": tfjs };

const page = readFileSync(new URL("../../docs/tfjs.md", import.meta.url), "utf8");

/** All blocks of code, one after the other. */
const written = Array.from(page.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = ""]) => code).join("\n");

/** What the compiler says of a program in this folder. */
function typeErrors(program: string): string[] {
  const path = fileURLToPath(new URL("docs.program.mts", import.meta.url));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (file) => file === path || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    file === path
      ? ts.createSourceFile(file, program, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, file, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** The blocks of code as one function of what they are given. */
function programOf(text: string): (...given: unknown[]) => Promise<unknown> {
  const code = text.replaceAll(/^import (?:\* as )?(.+?) from "(.+?)";$/gm, 'const $1 = modules["$2"];');
  const script = ts.transpile(
    `export default async () => {${code}\nreturn { scores, offsets, indices, macroF1, model, loaded }; }`,
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
    },
  );
  const body = script.replace("export default ", "return (").replace(/;?\s*$/, ")();");
  return new Function("modules", "inputs", "labels", body) as never;
}

/** A place to save to under the URLs of a browser's database. */
function keepModels(): string[] {
  const urls: string[] = [];
  let kept: tf.io.ModelArtifacts | undefined;
  const isKnown = (url: string | string[]) => String(url).startsWith("indexeddb://");
  tf.io.registerSaveRouter((url) => {
    if (!isKnown(url)) return null as never;
    return tf.io.withSaveHandler(async (artifacts) => {
      urls.push(String(url));
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    });
  });
  tf.io.registerLoadRouter((url) => {
    if (!isKnown(url)) return null as never;
    urls.push(String(url));
    return tf.io.fromMemory(kept as tf.io.ModelArtifacts);
  });
  return urls;
}

describe("docs/tfjs.md", () => {
  it("has code that compiles under strict rules", () => {
    const given = ["inputs", "labels"].map(
      (name) => `declare const ${name}: import("@tensorflow/tfjs").Tensor2D;\n`,
    );
    expect(typeErrors(given.join("") + written)).toEqual([]);
  });

  it("has code that runs", async () => {
    await useBackend("wasm");
    const inputs = tf.randomNormal([20, 384]);
    const labels = tf.cast(tf.less(tf.randomUniform([20, 1000]), 0.01), "float32");
    const urls = keepModels();
    const { scores, offsets, indices, macroF1, model, loaded } = (await programOf(written)(
      modules,
      inputs,
      labels,
    )) as {
      scores: Float32Array;
      offsets: Int32Array;
      indices: Int32Array;
      macroF1: number;
      model: tf.Sequential;
      loaded: tf.LayersModel;
    };
    expect(scores).toHaveLength(20_000);
    expect(offsets.at(-1)).toBe(indices.length);
    expect(indices.length).toBe(scores.filter((score) => score > 0).length);
    const truth = Uint8Array.from(labels.dataSync());
    expect(macroF1).toBe(zlpr.evaluate(scores, truth, { classes: 1000 }).macroF1);
    expect(urls).toEqual(["indexeddb://model", "indexeddb://model"]);
    // With the weights of the rows.
    expect(Number.isFinite(await model.trainOnBatch(inputs, labels))).toBe(true);
    expect(Number.isFinite(await loaded.trainOnBatch(inputs, labels))).toBe(true);
  });
});

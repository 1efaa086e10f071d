import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEvaluator, createLosses } from "../../src/index.ts";
import { type App, makeApp } from "../consumers/app.ts";
import { skipReason } from "../support/engines.ts";
import { recipes, Workspace } from "./workspace.ts";

/* zlpr/beam in pipelines of the SDK, which is installed beside this file. */

const sdk = fileURLToPath(new URL("node_modules/apache-beam", import.meta.url));
const major = Number(process.versions.node.split(".")[0]);

/** The last Node on which the SDK runs. */
const LAST_NODE = 22;

function lack(): string | undefined {
  return existsSync(sdk) ? undefined : "apache-beam is not installed: npm run engines:install";
}

// A Node that is too new is no lack of this machine: other checks run there too.
const tooNew = major > LAST_NODE ? `apache-beam does not run on Node ${major}` : undefined;
if (tooNew) console.warn(`tests in Apache Beam are skipped: ${tooNew}`);
const reason = tooNew ?? skipReason("Apache Beam", lack());

/** Rows of an element: the last one has fewer. */
const ROWS = 23;

describe.skipIf(reason)("Apache Beam", () => {
  let app: App;
  let workspace: Workspace;
  let expected: string;
  beforeAll(async () => {
    app = await makeApp();
    symlinkSync(sdk, app.path("node_modules/apache-beam"), "junction");
    workspace = new Workspace();
    const { loss, rows, measures } = JSON.parse(await workspace.whole());
    expected = `${JSON.stringify({ rows, ...measures, loss })}\n`;
    const [pipeline = ""] = recipes("Apache Beam", "js");
    await app.write({ "pipeline.js": pipeline, "coders.js": CODERS, "rows.ndjson": elements() });
  });
  afterAll(async () => {
    workspace?.remove();
    await app?.remove();
  });

  /** The scores and labels of an element. */
  function rowsOf(element: number): [Float32Array, Uint8Array] {
    const { classes, logits, labels } = workspace.data;
    const [start, end] = [element * ROWS * classes, (element + 1) * ROWS * classes];
    return [logits.slice(start, end), labels.slice(start, end)];
  }

  /** The rows as lines, in one form of element after the other. */
  function elements(): string {
    let text = "";
    for (let i = 0; i * ROWS < workspace.data.rows; i++) {
      const [scores, truth] = rowsOf(i);
      const element =
        i % 2 === 0
          ? { logits: [...scores], labels: [...truth] }
          : {
              logits: Buffer.from(scores.buffer).toString("base64"),
              labels: Buffer.from(truth.buffer).toString("base64"),
            };
      text += `${JSON.stringify(element)}\n`;
    }
    return text;
  }

  it("a pipeline on the direct runner gives what one process gives", async () => {
    // The SDK prints a line of its own first.
    expect((await app.node("pipeline.js")).replace(/^Processing .*\n/, "")).toBe(expected);
  });

  it("a pipeline that groups rows by a property measures each group", async () => {
    const [pipeline = ""] = recipes("Apache Beam", "js");
    const lines = elements().trim().split("\n");
    const sites = lines.map((line, i) => JSON.stringify({ ...JSON.parse(line), site: i % 3 }));
    await app.write({
      "groups.js": pipeline
        .replace("groupGlobally()", 'groupBy("site")')
        .replace("rows.ndjson", "sites.ndjson")
        .replace("loss: zlpr", 'loss: zlpr, variant: "simd"'),
      "sites.ndjson": sites.join("\n"),
    });
    const { classes } = workspace.data;
    const { zlpr: loss } = createLosses({ variant: "simd" });
    const groups = [0, 1, 2].map((site) => {
      const evaluator = createEvaluator({ classes, loss });
      lines.forEach((_, i) => {
        if (i % 3 === site) evaluator.add(...rowsOf(i));
      });
      return JSON.stringify(evaluator.result());
    });
    const printed = (await app.node("groups.js")).replace(/^Processing .*\n/, "");
    expect(printed.trim().split("\n").sort()).toEqual(groups.sort());
  });

  it("elements and accumulators get through the coders, and the combiner to workers", async () => {
    expect(await app.node("coders.js")).toBe(expected);
  });

  it("is the SDK that the package names", () => {
    const { version } = JSON.parse(readFileSync(`${sdk}/package.json`, "utf8"));
    const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    expect(JSON.parse(manifest).peerDependencies["apache-beam"]).toBe(`^${version}`);
  });
});

/** What lies between workers, which the direct runner does not have: all is encoded and decoded, typed arrays among it. */
const CODERS = `
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { GeneralObjectCoder } from "apache-beam/coders/js_coders";
import { Context } from "apache-beam/coders/coders";
import { deserializeFn, serializeFn } from "apache-beam/internal/serialize";
import { zlpr } from "zlpr";
import { EvaluateFn } from "zlpr/beam";

const { Reader, Writer } = createRequire(import.meta.resolve("apache-beam"))("protobufjs");
const coder = new GeneralObjectCoder();
function sent(value) {
  const writer = new Writer();
  coder.encode(value, writer, Context.needsDelimiters);
  return coder.decode(new Reader(writer.finish()), Context.needsDelimiters);
}
const worker = () => deserializeFn(serializeFn({ combineFn: measure })).combineFn;

const measure = new EvaluateFn({ classes: 50, loss: zlpr });
const rows = readFileSync("rows.ndjson", "utf8").trim().split("\\n").map((line) => JSON.parse(line));
const parts = rows.map(({ logits, labels }, i) => {
  const element = i % 4 === 0 ? { logits: Float32Array.from(logits), labels: Uint8Array.from(labels) } : { logits, labels };
  const combine = worker();
  return sent([combine.addInput(combine.createAccumulator(), sent(element))])[Symbol.iterator]().next().value;
});
const combine = worker();
console.log(JSON.stringify(sent(combine.extractOutput(combine.mergeAccumulators(parts)))));
`;

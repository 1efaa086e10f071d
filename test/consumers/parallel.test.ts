import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser } from "../support/browser.ts";
import { firefoxReason, postedInFirefox } from "../support/firefox.ts";
import { type App, makeApp } from "./app.ts";
import { shownByFiles } from "./browserReport.ts";
import { BUNDLERS } from "./bundlers.ts";

/* `zlpr/parallel` as programs get it: in Node, and in pages that are isolated from others and that are not. */

const LIBRARY = "/node_modules/zlpr/dist";
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Calls that are large enough to be shared out, and the same by one thread. */
const WORK = `
  /** FNV-1a over the bits. */
  function hash(numbers) {
    const words = new Uint32Array(numbers.slice().buffer);
    return words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193) >>> 0, 0x811c9dc5);
  }
  export async function work({ createParallelLosses }, { createLosses }, options = {}) {
    const [rows, classes] = [700, 1000];
    const losses = createParallelLosses({ threads: 2, variant: "simd", ...options });
    const { logits, labels, grad } = losses.allocate(rows, classes);
    for (let i = 0; i < logits.length; i++) {
      logits[i] = ((i * 7919) % 2003) / 200 - 7;
      labels[i] = Number((i * 31) % 97 === 0);
    }
    const one = createLosses({ variant: "simd" });
    const right = one.zlpr(logits.slice(), labels.slice(), { classes });
    await losses.ready;
    const results = [];
    for (let i = 0; i < 3; i++) results.push(await losses.zlpr(logits, labels, { classes, out: { grad } }));
    results.push(await losses.zlpr(logits.slice(), labels.slice(), { classes }));
    results.push(losses.sync.zlpr(logits, labels, { classes }));
    const isSame = results.every(
      (result) => Object.is(result.loss, right.loss) && hash(result.grad) === hash(right.grad),
    );
    const { threads, variant } = losses;
    await losses.terminate();
    const after = await losses.zlpr(logits, labels, { classes }).catch((error) => error.code);
    return { isSame, threads, variant, isShared: !(logits.buffer instanceof ArrayBuffer), after };
  }`;

const html = (script: string) =>
  `<!doctype html><title>zlpr</title><pre></pre><script type="module" src="${script}"></script>`;
const imports = `import * as parallel from "${LIBRARY}/parallel.mjs"; import * as plain from "${LIBRARY}/index.mjs";
  import { work } from "./work.mjs";`;
const show = (value: string) => `document.querySelector("pre").textContent = JSON.stringify(${value});`;

const FILES = {
  "work.mjs": WORK,
  "page.html": html("./page.mjs"),
  "page.mjs": `${imports} ${show("await work(parallel, plain)")}`,
  "file.html": html("./file.mjs"),
  "file.mjs": `${imports} ${show(`await work(parallel, plain, { worker: "${LIBRARY}/parallel-worker.mjs" })`)}`,
  "blocked.html": html("./blocked.mjs"),
  "blocked.mjs": `${imports}
    const losses = parallel.createParallelLosses({ threads: 2 });
    const { code, message } = await losses.ready.catch((error) => error);
    const logits = new Float32Array(1000000);
    const later = await losses.zlpr(logits, new Uint8Array(1000000), { classes: 1000 }).catch((error) => error.code);
    const small = await losses.zlpr(logits.subarray(0, 10), new Uint8Array(10), { classes: 10 });
    ${show("{ code, message, later, small: small.loss > 0 }")}`,
  "worker.html": html("./starts.mjs"),
  "starts.mjs": `const worker = new Worker("./works.mjs", { type: "module" });
    worker.onmessage = ({ data }) => { ${show("data")} };`,
  "works.mjs": `${imports} postMessage(await work(parallel, plain));`,
  "node.mjs": `import * as parallel from "zlpr/parallel"; import * as plain from "zlpr";
    import { work } from "./work.mjs";
    console.log(JSON.stringify(await work(parallel, plain)));`,
  "posts.html": html("./posts.mjs"),
  "posts.mjs": `${imports} await fetch("/", { method: "POST", body: JSON.stringify(await work(parallel, plain)) });`,
  "bundled.mjs": `import * as parallel from "zlpr/parallel"; import * as plain from "zlpr";
    import { work } from "./work.mjs";
    ${show("await work(parallel, plain)")}`,
  "node.cjs": `const parallel = require("zlpr/parallel"); const plain = require("zlpr");
    import("./work.mjs").then(({ work }) => work(parallel, plain)).then((result) => console.log(JSON.stringify(result)));`,
  // Nobody ends the threads: the process ends all the same, and not before its calls are done.
  "forgets.mjs": `import { createParallelLosses } from "zlpr/parallel";
    const losses = createParallelLosses({ threads: 2 });
    const logits = new Float32Array(3e6);
    losses.zlpr(logits, new Uint8Array(3e6), { classes: 1000 }).then(({ loss }) => console.log(JSON.stringify(loss > 0)));`,
};

let app: App;
beforeAll(async () => {
  app = await makeApp();
  await app.write(FILES);
});
afterAll(() => app?.remove());

const RIGHT = { isSame: true, threads: 2, variant: "simd", isShared: true, after: "DISPOSED" };

describe("zlpr/parallel in Node", () => {
  it.each(["node.mjs", "node.cjs"])("runs from %s", async (file) => {
    expect(JSON.parse(await app.node(file))).toEqual(RIGHT);
  });

  it("runs in one CommonJS file, bundled by esbuild", async () => {
    await esbuild.build({
      absWorkingDir: app.folder,
      entryPoints: ["node.cjs"],
      bundle: true,
      minify: true,
      platform: "node",
      outfile: app.path("one/bundle.cjs"),
    });
    expect(JSON.parse(await app.node("one/bundle.cjs"))).toEqual(RIGHT);
  });

  it("lets a process end that does not end the threads", async () => {
    expect(JSON.parse(await app.node("forgets.mjs"))).toBe(true);
  });
});

it.skipIf(firefoxReason)("zlpr/parallel in a page of Firefox", { timeout: 60_000 }, async () => {
  expect(JSON.parse(await postedInFirefox(app.folder, "posts.html", ISOLATED))).toEqual(RIGHT);
  const alone = { ...RIGHT, threads: 1, isShared: false };
  expect(JSON.parse(await postedInFirefox(app.folder, "posts.html"))).toEqual(alone);
});

describe.skipIf(browserReason)("zlpr/parallel in a page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  const shown = (page: string, headers: Record<string, string>) =>
    shownByFiles(browser, app.folder, { page, headers });

  it("with COOP and COEP runs in threads", async () => {
    const { shown: report, problems } = await shown("page.html", ISOLATED);
    expect(report).toEqual(RIGHT);
    expect(problems).toEqual([]);
  });

  it.each(Object.entries(BUNDLERS))("with them runs in threads, bundled by %s", async (name, bundle) => {
    const folder = app.path(`threads-${name.replace(" ", "-")}`);
    await bundle(app.folder, "bundled.mjs", folder);
    const { shown: report, problems } = await shownByFiles(browser, folder, { headers: ISOLATED });
    expect(report).toEqual(RIGHT);
    expect(problems).toEqual([]);
  });

  it("without them runs in one thread, with the same results", async () => {
    const { shown: report, problems } = await shown("page.html", {});
    expect(report).toEqual({ ...RIGHT, threads: 1, isShared: false });
    expect(problems).toEqual([]);
  });

  it("runs in a worker, which may wait for the threads", async () => {
    const { shown: report, problems } = await shown("worker.html", ISOLATED);
    expect(report).toEqual(RIGHT);
    expect(problems).toEqual([]);
  });

  it("runs from a file where the policy of the page has no workers from blobs", async () => {
    const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const headers = { ...ISOLATED, "content-security-policy": policy };
    const { shown: report, problems } = await shown("file.html", headers);
    expect(report).toEqual(RIGHT);
    expect(problems).toEqual([]);
    const { shown: refused } = await shown("blocked.html", headers);
    expect(refused).toEqual({
      code: "UNSUPPORTED",
      message:
        "threads: expected threads that start, received one that does not; where a policy forbids workers from blob:, " +
        "options.worker names their script",
      later: "UNSUPPORTED",
      small: true,
    });
  });
});

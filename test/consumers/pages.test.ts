import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser } from "../support/browser.ts";
import { type App, makeApp, nodeReport, type Report } from "./app.ts";
import { shownByFiles } from "./browserReport.ts";

/* Pages that import dist/index.mjs as it is: no bundler, no import map. */

const LIBRARY = "/node_modules/zlpr/dist";
const html = (script: string) =>
  `<!doctype html><title>zlpr</title><pre></pre><script type="module" src="${script}"></script>`;
const show = (value: string) => `document.querySelector("pre").textContent = JSON.stringify(${value});`;

const FILES = {
  "page.html": html("./plain.js"),
  "plain.js": `import * as library from "${LIBRARY}/index.mjs"; import { report } from "./report.js";
    ${show("report(library)")}`,

  "worker.html": html("./starts.js"),
  "starts.js": `const worker = new Worker("./works.js", { type: "module" });
    worker.onmessage = ({ data }) => { ${show("data")} };`,
  "works.js": `import * as library from "${LIBRARY}/index.mjs"; import { report } from "./report.js";
    postMessage(report(library));`,

  "module.html": html("./compiles.js"),
  "compiles.js": `const module = await WebAssembly.compileStreaming(fetch("${LIBRARY}/kernels.wasm"));
    const worker = new Worker("./receives.js", { type: "module" });
    worker.onmessage = ({ data }) => { ${show("data")} };
    worker.postMessage(module);`,
  "receives.js": `import { createLosses } from "${LIBRARY}/index.mjs"; import { report } from "./report.js";
    onmessage = ({ data: module }) => {
      const losses = createLosses({ module });
      postMessage(report({ createLosses: () => losses, zlpr: losses.zlpr }));
    };`,

  "init.html": html("./init.js"),
  "init.js": `import * as library from "${LIBRARY}/index.mjs"; import { report } from "./report.js";
    await library.init(fetch("${LIBRARY}/kernels.wasm"));
    ${show("report(library)")}`,

  "missing.html": html("./missing.js"),
  "missing.js": `import * as library from "${LIBRARY}/index.mjs"; import { report } from "./report.js";
    const error = await library.init(fetch("data:text/html,<!doctype html>")).catch((error) => error);
    ${show("{ code: error.code, variant: report(library).variant }")}`,

  // Events come in the order of the violations: when that of `eval` is there, those before it are.
  "violations.html": html("./violations.js"),
  "violations.js": `import { createLosses } from "${LIBRARY}/index.mjs";
    const blocked = [];
    addEventListener("securitypolicyviolation", ({ blockedURI }) => {
      if (blockedURI === "eval") ${show("blocked")}
      else blocked.push(blockedURI);
    });
    createLosses();
    try { eval("1"); } catch {}`,

  "reference.html": html("./reference.js"),
  "reference.js": `import { zlpr } from "${LIBRARY}/reference.mjs";
    ${show("zlpr(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]), { classes: 3 }).loss")}`,
};

describe.skipIf(browserReason)("in a page", () => {
  let app: App;
  let browser: Browser;
  let expected: Report;

  beforeAll(async () => {
    [app, browser] = await Promise.all([makeApp(), openBrowser()]);
    await app.write(FILES);
    expected = await nodeReport(app);
  });
  afterAll(async () => {
    await Promise.all([app?.remove(), browser?.close()]);
  });

  async function shown(page: string, policy?: string) {
    const headers: Record<string, string> = policy ? { "content-security-policy": policy } : {};
    const { shown, problems } = await shownByFiles(browser, app.folder, { page, headers });
    return { shown: shown as Report, problems };
  }

  /** The reports agree, but for the variant, which the engine of the browser has more of. */
  function expectEqual(report: Report, variant: string): void {
    expect(report.variant).toBe(variant);
    expect(report.loss).toBeCloseTo(expected.loss, 6);
    expect(report.grad).toEqual(expected.grad.map((slope) => expect.closeTo(slope, 6)));
  }

  it("a plain module script runs it, and simd has the bits that it has in Node", async () => {
    const { shown: report, problems } = await shown("page.html");
    expectEqual(report, "relaxed");
    expect(Object.keys(report.simd)).toContain("zlpr");
    expect(report.simd).toEqual(expected.simd);
    expect(problems).toEqual([]);
  });

  it("a worker runs it, with the same bits", async () => {
    const { shown: report, problems } = await shown("worker.html");
    expectEqual(report, "relaxed");
    expect(report.simd).toEqual(expected.simd);
    expect(problems).toEqual([]);
  });

  it("a worker runs the module that the page has compiled", async () => {
    const { shown: report, problems } = await shown("module.html");
    expectEqual(report, "simd");
    expect(report.simd).toEqual(expected.simd);
    expect(problems).toEqual([]);
  });

  it("init takes the response that brings kernels.wasm", async () => {
    const { shown: report, problems } = await shown("init.html");
    // The instance of the package's functions is the one that was loaded; others are still the best there is.
    expect(report.zlpr).toEqual((report.simd as Record<string, string[]>).zlpr);
    expectEqual(report, "relaxed");
    expect(problems).toEqual([]);

    const { shown: without } = await shown("page.html");
    expect(without.zlpr).not.toEqual(report.zlpr);
  });

  it("init refuses a page of HTML that a server sends instead, and the package runs all the same", async () => {
    const { shown: outcome, problems } = await shown("missing.html");
    expect(outcome).toEqual({ code: "BAD_BINARY", variant: "relaxed" });
    expect(problems).toEqual([]);
  });

  it("zlpr/reference runs alone", async () => {
    const { shown: loss, problems } = await shown("reference.html");
    expect(loss).toBeCloseTo(1.23105862, 6);
    expect(problems).toEqual([]);
  });

  it("a policy with 'wasm-unsafe-eval' lets the kernels run", async () => {
    const { shown: report, problems } = await shown("page.html", "script-src 'self' 'wasm-unsafe-eval'");
    expectEqual(report, "relaxed");
    expect(report.simd).toEqual(expected.simd);
    expect(problems).toEqual([]);
  });

  it("a policy without it leaves plain JavaScript, and no error", async () => {
    const { shown: report, problems } = await shown("page.html", "script-src 'self'");
    expectEqual(report, "js");
    expect(report.simd).toBe("CSP_BLOCKED");
    expect(problems).toEqual([]);
  });

  it("the browser reports one violation an instance", async () => {
    const { shown: blocked } = await shown("violations.html", "script-src 'self'");
    expect(blocked).toEqual(["wasm-eval"]);
  });
});

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import type { Browser } from "playwright-core";
import { createServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser } from "../support/browser.ts";
import { type App, makeApp, nodeReport, type Report, root } from "./app.ts";
import { shownBy, shownByFiles } from "./browserReport.ts";
import { BUNDLERS, html } from "./bundlers.ts";

let app: App;
let expected: Report;

beforeAll(async () => {
  app = await makeApp();
  expected = await nodeReport(app);
});
afterAll(() => app?.remove());

/** All that a bundler has written, as text. */
async function written(folder: string): Promise<string> {
  const files = await readdir(app.path(folder), { recursive: true, withFileTypes: true });
  const scripts = files.filter((file) => file.isFile() && /\.[cm]?js$/.test(file.name));
  expect(scripts.length).toBeGreaterThan(0);
  return (
    await Promise.all(scripts.map((file) => readFile(join(file.parentPath, file.name), "utf8")))
  ).join();
}

/** Some of the text that the binaries are packed in. */
const PACKED = /[A-Za-z0-9+/]{2000}/;

describe.each(Object.entries(BUNDLERS))("bundled by %s", (name, bundle) => {
  /** An app that logs what it imports. */
  async function bundled(imported: string, from: string): Promise<string> {
    const folder = `out-${name.replace(" ", "-")}-${imported}`;
    const entry = `only-${imported}.js`;
    await app.write({ [entry]: `import { ${imported} } from "${from}"; console.log(${imported});` });
    await bundle(app.folder, entry, app.path(folder));
    return written(folder);
  }

  it("a program that uses a loss has the kernels in it", async () => {
    expect(PACKED.test(await bundled("lsep", "zlpr"))).toBe(true);
  });

  it.each([
    ["zlpr", "zlpr/reference"],
    ["topK", "zlpr"],
    ["aboveThreshold", "zlpr"],
  ])("a program that uses %s of %s alone has no kernels in it", async (imported, from) => {
    const source = await bundled(imported, from);
    expect(PACKED.test(source)).toBe(false);
    expect(source.includes("WebAssembly")).toBe(false);
  });
});

it("esbuild makes one CommonJS file for Node", async () => {
  await esbuild.build({
    absWorkingDir: app.folder,
    stdin: {
      contents: `import { createLosses, zlpr } from "zlpr"; import { report } from "./report.js";
        console.log(JSON.stringify(report({ createLosses, zlpr })));`,
      resolveDir: app.folder,
    },
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    outfile: app.path("one/bundle.cjs"),
  });
  expect(JSON.parse(await app.node("one/bundle.cjs"))).toEqual(expected);
});

describe.skipIf(browserReason)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  function expectRight(shown: unknown): void {
    const { page, worker } = shown as { page: Report; worker: Report };
    for (const report of [page, worker]) {
      expect(report.variant).toBe("relaxed");
      expect(report.loss).toBeCloseTo(expected.loss, 6);
      expect(report.grad).toEqual(expected.grad.map((slope) => expect.closeTo(slope, 6)));
      expect(report.simd).toEqual(expected.simd);
    }
  }

  it.each(Object.entries(BUNDLERS))("an app with a worker runs, bundled by %s", async (name, bundle) => {
    const folder = app.path(`app-${name.replace(" ", "-")}`);
    await bundle(app.folder, "page.js", folder);
    const { shown, problems } = await shownByFiles(browser, folder);
    expectRight(shown);
    expect(problems).toEqual([]);
  });

  it("an app with a worker runs in the dev server of Vite", async () => {
    await app.write({ "index.html": html("page.js") });
    const server = await createServer({
      root: app.folder,
      optimizeDeps: { entries: ["index.html"] },
      configFile: false,
      logLevel: "error",
      server: { port: 0, host: "127.0.0.1" },
    });
    try {
      await server.listen();
      const { shown, problems } = await shownBy(browser, server.resolvedUrls?.local[0] ?? "");
      expectRight(shown);
      expect(problems).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it.each([
    ["Vite 8", 'import url from "zlpr/kernels.wasm?url";'],
    ["webpack 5", 'const url = new URL("zlpr/kernels.wasm", import.meta.url);'],
    ["esbuild", 'import url from "zlpr/kernels.wasm";'],
  ])("%s serves the binary as a file of its own", async (name, getUrl) => {
    expect(await readFile(join(root, "docs/install.md"), "utf8")).toContain(getUrl);
    const folder = app.path(`file-${name.replace(" ", "-")}`);
    await app.write({
      "file.js": `${getUrl}
        import { createLosses, init, zlpr } from "zlpr"; import { report } from "./report.js";
        await init(fetch(url));
        document.querySelector("pre").textContent = JSON.stringify(report({ createLosses, zlpr }));`,
    });
    await BUNDLERS[name]?.(app.folder, "file.js", folder);
    const { shown, problems } = await shownByFiles(browser, folder);
    const report = shown as Report;
    expect(report.zlpr).toEqual((expected.simd as Record<string, string[]>).zlpr);
    expect(problems).toEqual([]);
  });
});

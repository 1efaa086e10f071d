import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser, serve } from "../support/browser.ts";
import { allNames } from "../support/losses.ts";

/* The built package in a browser whose WebGL is computed by software: a GPU is not needed. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const SOFTWARE = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];

interface Results {
  backend: string;
  errors: { name: string; loss: number; grad: number }[];
  found: Record<"on" | "off", { atOnce: number; warnings: string[]; left: number }>;
}

describe.skipIf(browserReason)("on webgl", () => {
  let server: Awaited<ReturnType<typeof serve>> | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    server = await serve(root);
    browser = await openBrowser(SOFTWARE);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function resultsOfPage(): Promise<Results> {
    const page = await browser!.newPage();
    const failures: Error[] = [];
    page.on("pageerror", (error) => failures.push(error));
    await page.goto(`${server!.url}test/tfjs/webgl.page.html`);
    const results = await page.evaluate<Results>("globalThis.results");
    expect(failures).toEqual([]);
    return results;
  }

  it("every loss agrees with the reference, and warns of probabilities", async () => {
    const results = await resultsOfPage();
    expect(results.backend).toBe("webgl");
    expect(results.errors.map(({ name }) => name)).toEqual(allNames);
    for (const { name, loss, grad } of results.errors) {
      expect(loss, name).toBeLessThan(2e-6);
      expect(grad, name).toBeLessThan(4e-6);
    }
    const { on, off } = results.found;
    expect(on).toEqual({ atOnce: 0, warnings: [expect.stringMatching(/^zlpr: all 259 scores/)], left: 0 });
    expect(off).toEqual({ atOnce: 0, warnings: [], left: 0 });
  });
});

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNames } from "../support/losses.ts";

/* The built package in a browser whose WebGL is computed by software: a GPU is not needed. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PAGE = `<!doctype html>
  <script src="/node_modules/@tensorflow/tfjs/dist/tf.min.js"></script>
  <script type="importmap">{ "imports": { "@assemblyscript/loader": "/node_modules/@assemblyscript/loader/index.js" } }</script>
  <script type="module" src="/test/tfjs/webgl.page.js"></script>`;
const TYPES: Record<string, string> = { ".js": "text/javascript", ".mjs": "text/javascript" };

function serve(): Promise<Server> {
  const server = createServer(async ({ url = "/" }, response) => {
    const body = url === "/" ? PAGE : await readFile(join(root, url)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(url)] ?? "text/html" });
    response.end(body);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

interface Results {
  backend: string;
  errors: { name: string; loss: number; grad: number }[];
  found: Record<"on" | "off", { atOnce: number; warnings: string[]; left: number }>;
}

if (!existsSync(CHROMIUM)) {
  it.skip(`skipped: there is no Chromium at ${CHROMIUM}; CHROMIUM may name another`, () => {});
} else {
  describe("on webgl", () => {
    let server: Server | undefined;
    let browser: Browser | undefined;

    beforeAll(async () => {
      server = await serve();
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    });

    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    async function resultsOfPage(): Promise<Results> {
      const page = await browser!.newPage();
      const failures: Error[] = [];
      page.on("pageerror", (error) => failures.push(error));
      await page.goto(`http://127.0.0.1:${(server!.address() as AddressInfo).port}/`);
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
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser, openPage, serve } from "../../test/support/browser.ts";
import { makeSite } from "./site.ts";

describe.skipIf(browserReason)("the example in the browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "zlpr-example-"));
  let browser: Browser;

  beforeAll(async () => {
    makeSite(folder, { train: 1500, validation: 300 });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("learns from embeddings, and shows by epoch how far it has come", async () => {
    const { url, close } = await serve(folder);
    try {
      const { page, problems } = await openPage(browser);
      await page.goto(url);
      await page.getByLabel("Epochs").fill("4");
      // The button waits for the data.
      await page.getByRole("button", { name: "Train" }).click();
      await page.locator("#epochs tr:nth-child(4)").waitFor();

      const cells = await page.locator("#epochs tr").evaluateAll((rows) => {
        return rows.map((row) =>
          Array.from(row.children, (cell) => Number.parseFloat(cell.textContent ?? "")),
        );
      });
      expect(cells.map(([epoch]) => epoch)).toEqual([1, 2, 3, 4]);
      const losses = cells.map(([, loss]) => loss);
      const scores = cells.map(([, , microF1]) => microF1);
      expect(losses).toEqual(losses.toSorted((a, b) => b - a));
      expect(losses[3]).toBeLessThan(0.9 * losses[0]);
      expect(scores[3]).toBeGreaterThan(0.4);
      expect(await page.getByRole("status").textContent()).toBe("Epoch 4, kernels: relaxed");
      expect(await page.locator("canvas").count()).toBe(1);
      expect(problems).toEqual([]);
    } finally {
      await close();
    }
  });

  it.each(["light", "dark"] as const)("fits a phone and follows a turn of it: %s", async (colorScheme) => {
    const { url, close } = await serve(folder);
    try {
      const { page, problems } = await openPage(browser);
      await page.emulateMedia({ colorScheme });
      /** Nothing is wider than the window, and the chart fills the column. */
      const expectToFit = async (width: number) => {
        await page.setViewportSize({ width, height: 844 });
        await page.waitForFunction(() => {
          const chart = document.getElementById("chart");
          return chart?.querySelector<HTMLElement>(".uplot")?.offsetWidth === chart?.clientWidth;
        });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      };
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(url);
      await expectToFit(390);
      await page.getByLabel("Epochs").fill("2");
      await page.getByRole("button", { name: "Train" }).click();
      await page.locator("#epochs tr:nth-child(2)").waitFor();
      for (const width of [390, 844, 390]) await expectToFit(width);

      // Curves and axes in the colors of the theme.
      const [ink, ...marks] = {
        light: ["rgb(28, 25, 23)", "180,83,9", "29,78,216", "231,229,228"],
        dark: ["rgb(245, 245, 244)", "251,191,36", "147,197,253", "68,64,60"],
      }[colorScheme];
      expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe(ink);
      expect(await page.locator("canvas").evaluate(colorsOf)).toEqual(expect.arrayContaining(marks));
      expect(await page.locator(".u-legend .u-label:visible").allTextContents()).toEqual([
        "training loss",
        "micro F1",
      ]);
      expect(problems).toEqual([]);
    } finally {
      await close();
    }
  });
});

/** Runs in the page: the opaque colors of a canvas. */
function colorsOf(canvas: SVGElement | HTMLElement): string[] {
  const { width, height } = canvas as HTMLCanvasElement;
  const context = (canvas as HTMLCanvasElement).getContext("2d") as CanvasRenderingContext2D;
  const { data } = context.getImageData(0, 0, width, height);
  const colors = new Set<string>();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255) colors.add(data.slice(i, i + 3).join());
  }
  return [...colors];
}

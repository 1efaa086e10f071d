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
});

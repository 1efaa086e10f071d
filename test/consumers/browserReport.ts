import type { Browser } from "playwright-core";
import { openPage, serve } from "../support/browser.ts";

/** What a page shows in its <pre>, as soon as it does, and what went wrong in it. */
export async function shownBy(
  browser: Browser,
  url: string,
): Promise<{ shown: unknown; problems: string[] }> {
  const { page, problems } = await openPage(browser);
  try {
    await page.goto(url);
    const text = await page
      .locator("pre:not(:empty)")
      .textContent({ timeout: 20_000 })
      .catch((error) => {
        throw new Error(`${url} shows nothing: ${problems.join("; ")}`, { cause: error });
      });
    return { shown: JSON.parse(text ?? ""), problems };
  } finally {
    await page.close();
  }
}

/** The same for the files of a folder, served with these headers. */
export async function shownByFiles(
  browser: Browser,
  folder: string,
  { page = "", headers = {} }: { page?: string; headers?: Record<string, string> } = {},
): Promise<{ shown: unknown; problems: string[] }> {
  const server = await serve(folder, headers);
  try {
    return await shownBy(browser, server.url + page);
  } finally {
    await server.close();
  }
}

import { type Browser, chromium, type Page } from "playwright-core";
import { findExecutable } from "./executable.ts";

/* Tests in a real browser: the Chromium of the system, and a server of static files. */

const executablePath =
  process.env.CHROMIUM || findExecutable("chromium", "chromium-browser", "google-chrome");

/** Why there is no browser, undefined if there is one: `describe.skipIf(browserReason)`. */
export const browserReason: string | undefined =
  executablePath === undefined
    ? "no Chromium in PATH: apt-get install chromium, or CHROMIUM=/path/to/chromium"
    : undefined;

if (browserReason !== undefined) {
  if (process.env.REQUIRE_BROWSER) throw new Error(browserReason);
  console.warn(`tests in a browser are skipped: ${browserReason}`);
}

/** A browser with an empty profile; the flags say what computes graphics. Close it in `afterAll`. */
export function openBrowser(graphics: readonly string[] = ["--disable-gpu"]): Promise<Browser> {
  if (executablePath === undefined) throw new Error(browserReason);
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...graphics, ...quiet] });
}

/** A page in a context of its own, and the list of what went wrong in it: errors thrown, errors and warnings logged. */
export async function openPage(browser: Browser): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  return { page, problems };
}

export { serve } from "../../scripts/serve.ts";

/** Takes the picture of the README from the built playground. */
import { fileURLToPath } from "node:url";
import { openBrowser, serve } from "../test/support/browser.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const [browser, server] = await Promise.all([openBrowser(), serve(path("../build/demo"))]);
const page = await browser.newPage({
  viewport: { width: 1180, height: 1020 },
  deviceScaleFactor: 1.5,
  colorScheme: "light",
});
await page.goto(server.url);
await page.screenshot({ path: path("../docs/images/playground.png") });
await browser.close();
await server.close();

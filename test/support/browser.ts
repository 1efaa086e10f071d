import { accessSync, constants } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join, resolve, sep } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/* Tests in a real browser: the Chromium of the system, and a server of static files. */

/** The path of a Chromium: `CHROMIUM`, or the first of its usual names in `PATH`. */
function findChromium(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const executablePath = findChromium();

/** Why there is no browser, undefined if there is one: `describe.skipIf(browserReason)`. */
export const browserReason: string | undefined =
  executablePath === undefined
    ? "no Chromium in PATH: apt-get install chromium, or CHROMIUM=/path/to/chromium"
    : undefined;

if (browserReason !== undefined) {
  if (process.env.REQUIRE_BROWSER) throw new Error(browserReason);
  console.warn(`tests in a browser are skipped: ${browserReason}`);
}

/** A browser with an empty profile. Close it in `afterAll`. */
export function openBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(browserReason);
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", ...quiet] });
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

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Serves the files of a folder, with these headers, at a port of the loopback device. The url ends in a slash. */
export async function serve(
  folder: string,
  headers: Record<string, string> = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const root = resolve(folder);
  const server = createServer(async (request, response) => {
    // Browsers ask for it on their own, and log it as an error of the page if it is missing.
    if (request.url === "/favicon.ico") return response.writeHead(204).end();
    try {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      const path = join(root, decodeURIComponent(pathname));
      if (path !== root && !path.startsWith(root + sep)) return response.writeHead(403).end();
      const file = (await stat(path)).isDirectory() ? join(path, "index.html") : path;
      const content = await readFile(file);
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...headers }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

// A server of static files, for examples and tests.
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve, sep } from "node:path";
import { text } from "node:stream/consumers";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves the files of a folder, with these headers, at a port of the loopback device. The url ends in a slash. What a page
 * posts is handed on.
 */
export async function serve(
  folder: string,
  headers: Record<string, string> = {},
  posted: (body: string) => void = () => {},
): Promise<{ url: string; close(): Promise<void> }> {
  const root = resolve(folder);
  const server = createServer(async (request, response) => {
    // Browsers ask for it on their own, and log it as an error of the page if it is missing.
    if (request.url === "/favicon.ico") return response.writeHead(204).end();
    try {
      if (request.method === "POST") {
        posted(await text(request));
        return response.writeHead(204).end();
      }
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

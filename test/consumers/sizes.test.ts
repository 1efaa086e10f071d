import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, makeApp, packedFile, root } from "./app.ts";

/* The sizes that docs/install.md states. */

/** How far a stated size may be from the measured one, in kB. */
const TOLERANCE = 2;

let app: App;
let page: string;
beforeAll(async () => {
  app = await makeApp();
  page = await readFile(join(root, "docs/install.md"), "utf8");
});
afterAll(() => app?.remove());

/** The sources of a file of dist and of all that it imports. */
async function sources(file: string, seen = new Map<string, string>()): Promise<Map<string, string>> {
  if (seen.has(file)) return seen;
  const source = await packedFile(app, `dist/${file}`);
  seen.set(file, source);
  for (const [, next] of source.matchAll(/from "\.\/(.+?)"/g)) await sources(next as string, seen);
  return seen;
}

function kilobytes(content: string | Uint8Array): number {
  return gzipSync(content, { level: 9 }).length / 1000;
}

describe("docs/install.md", () => {
  it("states the sizes of programs, bundled and minified", async () => {
    const rows = [...page.matchAll(/^\| `import \{ (\w+) \} from "(.+?)"`, minified +\| (\d+) kB/gm)];
    expect(rows).toHaveLength(4);
    for (const [, name, entry, stated] of rows) {
      const { outputFiles } = await esbuild.build({
        stdin: {
          contents: `import { ${name} } from "${entry}"; console.log(${name});`,
          resolveDir: app.folder,
        },
        bundle: true,
        minify: true,
        format: "esm",
        write: false,
      });
      const size = kilobytes(outputFiles[0]?.contents ?? "");
      expect(Math.abs(size - Number(stated)), `${name} of ${entry}: ${size} kB`).toBeLessThan(TOLERANCE);
    }
  });

  it("states the size of the files, and its limit", async () => {
    const files = await sources("index.mjs");
    const size = [...files.values()].reduce((sum, source) => sum + kilobytes(source), 0);
    const stated = /^\| `dist\/index\.mjs` .*?\| (\d+) kB/m.exec(page)?.[1];
    expect(Math.abs(size - Number(stated)), `${size} kB`).toBeLessThan(TOLERANCE);

    const [{ limit }] = JSON.parse(await readFile(join(root, ".size-limit.json"), "utf8")) as [
      { limit: string },
    ];
    expect(page).toContain(`fails above ${limit}`);
    expect(size).toBeLessThan(Number.parseFloat(limit));
  });

  it("states the sizes of the binaries, and of what they are packed into", async () => {
    const [, binaries, packed] = /two binaries, (\d+) kB[^:]+: (\d+) kB/.exec(page) ?? [];
    const files = ["kernels.wasm", "kernels-relaxed.wasm"].map((file) =>
      readFile(app.path(`node_modules/zlpr/dist/${file}`)),
    );
    const bytes = (await Promise.all(files)).reduce((sum, { length }) => sum + length, 0);
    expect(Math.abs(bytes / 1000 - Number(binaries))).toBeLessThan(TOLERANCE);
    const all = [...(await sources("index.mjs")).values()].join();
    const text = /[A-Za-z0-9+/]{2000,}/.exec(all)?.[0] ?? "";
    expect(Math.abs(kilobytes(text) - Number(packed))).toBeLessThan(TOLERANCE);
  });
});

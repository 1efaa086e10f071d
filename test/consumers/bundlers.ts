import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import * as vite from "vite";
import webpack from "webpack";

/** Bundles a module of an app, and the worker that it may start, into a folder with an index.html. */
export type Bundle = (app: string, entry: string, outdir: string) => Promise<void>;

/** A page that runs a script. Without an icon of its own, a browser asks the server for one. */
export function html(script: string): string {
  return `<!doctype html>
    <title>zlpr</title>
    <link rel="icon" href="data:," />
    <pre></pre>
    <script type="module" src="./${script}"></script>`;
}

async function bundleByVite(app: string, entry: string, outDir: string): Promise<void> {
  await writeFile(join(app, "index.html"), html(entry));
  await vite.build({ root: app, base: "./", configFile: false, logLevel: "error", build: { outDir } });
}

async function bundleByWebpack(app: string, entry: string, outdir: string): Promise<void> {
  const options: webpack.Configuration = {
    context: app,
    mode: "production",
    entry: { main: `./${entry}` },
    output: { path: outdir, filename: "main.js", module: true },
    experiments: { outputModule: true },
  };
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    webpack(options, (error, stats) => (error ? reject(error) : resolve(stats)));
  });
  if (stats?.hasErrors()) throw new Error(stats.toString("errors-only"));
  await writeFile(join(outdir, "index.html"), html("main.js"));
}

/** esbuild does not look for workers: they are entries of their own. */
async function bundleByEsbuild(app: string, entry: string, outdir: string): Promise<void> {
  await esbuild.build({
    absWorkingDir: app,
    entryPoints: { main: `./${entry}`, ...(entry === "page.js" && { worker: "./worker.js" }) },
    bundle: true,
    minify: true,
    format: "esm",
    loader: { ".wasm": "file" },
    outdir,
    logLevel: "error",
  });
  await writeFile(join(outdir, "index.html"), html("main.js"));
}

export const BUNDLERS: Record<string, Bundle> = {
  "Vite 8": bundleByVite,
  "webpack 5": bundleByWebpack,
  esbuild: bundleByEsbuild,
};

/*
 * Writes what is made of sources and binaries: build/binaries.ts and build/threadBinaries.ts, the Wasm binaries as text, and
 * build/worker.ts, the script of a thread as text, so that the package needs no file at run time; that script as a file,
 * build/worker.mjs; and build/reference.ts, the entry `zlpr/reference`: a reference of every loss in the registry.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { deflate } from "@gfx/zopfli";
import { build } from "esbuild";

const folder = new URL("../build/", import.meta.url);
const source = (path) => new URL(`../src/${path}`, import.meta.url);

function binary(name) {
  return readFileSync(new URL(`${name}.wasm`, folder));
}

// Most functions of the two are the same. In turns of less than 16 KiB, one is near enough to the other for DEFLATE, which
// looks back 32 KiB, to find that out.
const PIECE_BYTES = 14_336;

/** Writes two binaries as text, by a compressor that takes its time, and leaves fewer bytes than zlib. */
async function writeBinaries(file, simd, relaxed, more) {
  const pieces = [];
  for (let start = 0; start < Math.max(simd.length, relaxed.length); start += PIECE_BYTES) {
    for (const binary of [simd, relaxed]) pieces.push(binary.subarray(start, start + PIECE_BYTES));
  }
  const packed = Buffer.from(await promisify(deflate)(Buffer.concat(pieces), {})).toString("base64");
  writeFileSync(
    new URL(file, folder),
    `// Made by scripts/generate.mjs.

export const binaries = {
  /** Both binaries in turns of so many bytes, compressed, in base64. */
  pieceBytes: ${PIECE_BYTES},
  packed:
    "${packed}",
  /** Their lengths in bytes, in that order. */
  lengths: { simd: ${simd.length}, relaxed: ${relaxed.length} },
};
${more}`,
  );
}

const simd = binary("simd");
const exported = WebAssembly.Module.exports(new WebAssembly.Module(simd));
const names = JSON.stringify(exported.map(({ kind, name }) => `${kind} ${name}`));
await writeBinaries(
  "binaries.ts",
  simd,
  binary("relaxed"),
  `\n/** What either of them exports. */\nexport const exported = ${names};\n`,
);
await writeBinaries("threadBinaries.ts", binary("simd-threads"), binary("relaxed-threads"), "");

const { outputFiles } = await build({
  entryPoints: [source("parallel/worker.ts").pathname],
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
  plugins: [
    {
      name: "losses of a thread",
      setup: ({ onResolve }) =>
        onResolve({ filter: /engine\/default\.js$/ }, () => ({
          path: source("parallel/threadLoss.ts").pathname,
        })),
    },
  ],
});
const script = JSON.stringify(outputFiles[0].text.trim());
writeFileSync(new URL("worker.mjs", folder), outputFiles[0].text);
writeFileSync(
  new URL("worker.ts", folder),
  `// Made by scripts/generate.mjs.\n\nexport const script =\n  ${script};\n`,
);

const registry = readFileSync(source("losses/index.ts"), "utf8");
const losses = [...registry.matchAll(/from "\.\/(\w+)\.js"/g)].map(([, name]) => name);
const references = losses.map((name) => `export { ${name} } from "../src/reference/${name}.js";\n`);
const about = `/**
 * The same losses in plain float64, without WebAssembly: made to be read, and to hold the kernels against.
 *
 * @module zlpr/reference
 */`;
writeFileSync(
  new URL("reference.ts", folder),
  `// Made by scripts/generate.mjs.\n\n${about}\n${references.join("")}`,
);

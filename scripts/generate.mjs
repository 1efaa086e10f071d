/*
 * Writes build/binaries.ts, the Wasm binaries as text, so that the package needs no file at run time; and
 * build/reference.ts, the entry `zlpr/reference`: a reference of every loss in the registry.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { deflate } from "@gfx/zopfli";

const folder = new URL("../build/", import.meta.url);
const simd = readFileSync(new URL("simd.wasm", folder));
const relaxed = readFileSync(new URL("relaxed.wasm", folder));

// Most functions of the two are the same. In turns of less than 16 KiB, one is near enough to the other for DEFLATE, which
// looks back 32 KiB, to find that out.
const PIECE_BYTES = 14_336;
const pieces = [];
for (let start = 0; start < Math.max(simd.length, relaxed.length); start += PIECE_BYTES) {
  for (const binary of [simd, relaxed]) pieces.push(binary.subarray(start, start + PIECE_BYTES));
}
// By a compressor that takes its time, and leaves fewer bytes than zlib.
const packed = Buffer.from(await promisify(deflate)(Buffer.concat(pieces), {})).toString("base64");
const exported = WebAssembly.Module.exports(new WebAssembly.Module(simd));

writeFileSync(
  new URL("binaries.ts", folder),
  `// Made by scripts/generate.mjs.

/** Both binaries in turns of so many bytes, compressed, in base64. */
export const PIECE_BYTES = ${PIECE_BYTES};
export const packed =
  "${packed}";

/** Their lengths in bytes, in that order. */
export const lengths = { simd: ${simd.length}, relaxed: ${relaxed.length} };

/** What either of them exports. */
export const exported = ${JSON.stringify(exported.map(({ kind, name }) => `${kind} ${name}`))};
`,
);

const registry = readFileSync(new URL("../src/losses/index.ts", import.meta.url), "utf8");
const names = [...registry.matchAll(/from "\.\/(\w+)\.js"/g)].map(([, name]) => name);
const references = names.map((name) => `export { ${name} } from "../src/reference/${name}.js";\n`);
const about = `/**
 * The same losses in plain float64, without WebAssembly: made to be read, and to hold the kernels against.
 *
 * @module zlpr/reference
 */`;
writeFileSync(
  new URL("reference.ts", folder),
  `// Made by scripts/generate.mjs.\n\n${about}\n${references.join("")}`,
);

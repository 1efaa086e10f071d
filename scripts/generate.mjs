/*
 * Writes build/binaries.ts, the Wasm binaries as base64 text, so that the package needs no file at run time; and
 * build/reference.ts, the entry `zlpr/reference`: a reference of every loss in the registry.
 */
import { readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../build/", import.meta.url);
const lines = ["simd", "relaxed"].map((name) => {
  const text = readFileSync(new URL(`${name}.wasm`, folder)).toString("base64");
  return `export const ${name} =\n  "${text}";\n`;
});
const module = new WebAssembly.Module(readFileSync(new URL("simd.wasm", folder)));
const exported = WebAssembly.Module.exports(module).map(({ kind, name }) => `${kind} ${name}`);
lines.push(`/** What either of them exports. */\nexport const exported = ${JSON.stringify(exported)};\n`);
writeFileSync(new URL("binaries.ts", folder), `// Made by scripts/generate.mjs.\n\n${lines.join("\n")}`);

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

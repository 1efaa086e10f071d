import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";

/** What the command line reads its binaries with, in place of the text in build/binaries.ts. */
const binariesOfCli = fileURLToPath(new URL("src/cli/binaries.ts", import.meta.url));

export default defineConfig([
  {
    entry: { index: "src/index.ts", reference: "build/reference.ts" },
    format: ["esm", "cjs"],
    platform: "neutral",
    target: "es2022",
    dts: true,
    // Batch has a Symbol.dispose: without this, programs that do not name the library in their own tsconfig do not compile.
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
    clean: true,
    fixedExtension: true,
    copy: [
      { from: "build/simd.wasm", to: "dist", rename: "kernels.wasm" },
      { from: "build/relaxed.wasm", to: "dist", rename: "kernels-relaxed.wasm" },
    ],
  },
  {
    entry: { cli: "src/cli/main.ts" },
    format: "esm",
    platform: "node",
    target: "es2022",
    dts: false,
    clean: false,
    fixedExtension: true,
    plugins: [
      {
        name: "binaries-of-cli",
        resolveId: (source, importer) =>
          source.endsWith("/build/binaries.js") && importer !== binariesOfCli ? binariesOfCli : undefined,
      },
    ],
    // Those who install the package shall not have to install what only its command needs.
    deps: { onlyBundle: ["commander", "fflate"] },
    copy: ["commander", "fflate"].map((name) => ({
      from: `node_modules/${name}/LICENSE`,
      to: "dist/licenses",
      rename: `${name}.md`,
    })),
  },
]);

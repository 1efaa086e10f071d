import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "tsdown";
import { bundledNames, thirdPartyNotices } from "./scripts/thirdParty.ts";

const shared: UserConfig = {
  target: "es2022",
  fixedExtension: true,
  // A page can import dist/index.mjs as it is, without an import map.
  deps: { alwaysBundle: bundledNames, onlyBundle: bundledNames },
};

/** What the command line has its binaries from: the files beside it, in place of a copy of their text. */
const binariesOfCli = fileURLToPath(new URL("src/cli/binaries.ts", import.meta.url));

export default defineConfig([
  {
    ...shared,
    entry: { index: "src/index.ts", reference: "build/reference.ts" },
    format: ["esm", "cjs"],
    platform: "neutral",
    dts: true,
    // Batch has a Symbol.dispose: without this, programs that do not name the library in their own tsconfig do not compile.
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
    clean: true,
    outputOptions: (options, format) => ({
      ...options,
      // The declarations have it.
      comments: { jsdoc: false },
      chunkFileNames: format === "cjs" ? "shared-[hash].cjs" : "shared-[hash].mjs",
    }),
    copy: [
      { from: "build/simd.wasm", to: "dist", rename: "kernels.wasm" },
      { from: "build/relaxed.wasm", to: "dist", rename: "kernels-relaxed.wasm" },
    ],
    onSuccess: () => writeFileSync("dist/THIRD-PARTY.txt", thirdPartyNotices()),
  },
  {
    ...shared,
    entry: { cli: "src/cli/main.ts" },
    format: "esm",
    platform: "node",
    dts: false,
    clean: false,
    outputOptions: { comments: { jsdoc: false } },
    plugins: [
      {
        name: "binaries-of-cli",
        resolveId: (source, importer) =>
          source === "./binaries.js" && importer?.endsWith("/engine/load.ts") ? binariesOfCli : undefined,
      },
    ],
  },
]);

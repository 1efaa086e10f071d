import { writeFileSync } from "node:fs";
import { defineConfig, type UserConfig } from "tsdown";
import { bundledNames, thirdPartyNotices } from "./scripts/thirdParty.ts";

const common: UserConfig = {
  platform: "neutral",
  target: "es2022",
  // Batch has a Symbol.dispose: without this, programs that do not name the library in their own tsconfig do not compile.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  fixedExtension: true,
  outputOptions: (options, format) => ({
    ...options,
    // The declarations have it.
    comments: { jsdoc: false },
    chunkFileNames: format === "cjs" ? "shared-[hash].cjs" : "shared-[hash].mjs",
  }),
  // A page can import dist/index.mjs as it is, without an import map; and the command needs no packages either.
  deps: { alwaysBundle: bundledNames, onlyBundle: bundledNames },
};

export default defineConfig([
  {
    ...common,
    entry: {
      index: "src/index.ts",
      reference: "build/reference.ts",
      tfjs: "src/tfjs.ts",
      parallel: "src/parallel.ts",
      beam: "src/beam.ts",
    },
    format: ["esm", "cjs"],
    dts: true,
    clean: true,
    copy: [
      { from: "build/simd.wasm", to: "dist", rename: "kernels.wasm" },
      { from: "build/relaxed.wasm", to: "dist", rename: "kernels-relaxed.wasm" },
      { from: "build/worker.mjs", to: "dist", rename: "parallel-worker.mjs" },
    ],
    onSuccess: () => writeFileSync("dist/THIRD-PARTY.txt", thirdPartyNotices()),
  },
  { ...common, entry: { cli: "src/cli/main.ts" }, platform: "node", format: "esm", dts: false, clean: false },
]);

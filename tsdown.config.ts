import { writeFileSync } from "node:fs";
import { defineConfig } from "tsdown";
import { bundledNames, thirdPartyNotices } from "./scripts/thirdParty.ts";

export default defineConfig({
  entry: { index: "src/index.ts", reference: "build/reference.ts" },
  format: ["esm", "cjs"],
  platform: "neutral",
  target: "es2022",
  dts: true,
  // Batch has a Symbol.dispose: without this, programs that do not name the library in their own tsconfig do not compile.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  clean: true,
  fixedExtension: true,
  outputOptions: (options, format) => ({
    ...options,
    // The declarations have it.
    comments: { jsdoc: false },
    chunkFileNames: format === "cjs" ? "shared-[hash].cjs" : "shared-[hash].mjs",
  }),
  // A page can import dist/index.mjs as it is, without an import map.
  deps: { alwaysBundle: bundledNames, onlyBundle: bundledNames },
  copy: [
    { from: "build/simd.wasm", to: "dist", rename: "kernels.wasm" },
    { from: "build/relaxed.wasm", to: "dist", rename: "kernels-relaxed.wasm" },
  ],
  onSuccess: () => writeFileSync("dist/THIRD-PARTY.txt", thirdPartyNotices()),
});

import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", reference: "build/reference.ts", tfjs: "src/tfjs.ts" },
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
});

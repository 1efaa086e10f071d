import { defineConfig } from "vitest/config";

const major = Number(process.versions.node.split(".")[0]);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // Node 20 has relaxed SIMD behind a flag: with it, the suite covers all variants there too.
    pool: "forks",
    execArgv: major === 20 ? ["--experimental-wasm-relaxed-simd"] : [],
    provide: { isQuick: false, variants: ["relaxed", "simd", "js"] },
    setupFiles: ["test/support/matchers.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});

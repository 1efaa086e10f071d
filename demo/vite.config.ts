import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path("."),
  // Relative: the page may lie in any folder of any server.
  base: "./",
  publicDir: path("../build/demo-data"),
  resolve: { alias: { zlpr: path("../src/index.ts") } },
  build: {
    outDir: path("../build/demo"),
    emptyOutDir: true,
    target: "es2022",
    // light-dark() stays as it is.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // TensorFlow.js, which is loaded on demand.
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: "es" },
});

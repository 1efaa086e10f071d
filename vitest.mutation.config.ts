import { defineConfig } from "vitest/config";

/* The tests that scripts/mutation.ts runs on mutants: quick ones, since those that survive meet all of them. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? "test/*.test.ts").split(" "),
    // Without a flag of Node, which workers do not take, "relaxed" may be missing: the code around the kernels is the same.
    provide: { isQuick: true, variants: (process.env.MUTATION_VARIANTS ?? "simd js").split(" ") as never },
    setupFiles: ["test/support/matchers.ts"],
    // Files share what they import, which would take longer to load for each of them than most of them take.
    isolate: false,
    testTimeout: 60_000,
  },
});

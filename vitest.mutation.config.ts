import { defineConfig } from "vitest/config";

/* The tests that scripts/mutation.ts runs on mutants: quick ones, since those that survive meet all of them. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? "test/*.test.ts").split(" "),
    setupFiles: ["test/support/matchers.ts"],
    // A worker for all files of a run, which loads the code once. The next run has another one.
    isolate: false,
    provide: { isQuick: true },
    testTimeout: 60_000,
  },
});

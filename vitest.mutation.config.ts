import { defineConfig } from "vitest/config";

/* The tests that scripts/mutation.ts runs on mutants: quick ones, since those that survive meet all of them. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? "test/*.test.ts").split(" "),
    setupFiles: ["test/support/matchers.ts"],
    provide: { isQuick: true },
    testTimeout: 60_000,
  },
});

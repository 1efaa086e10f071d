import { defineConfig } from "vitest/config";

/* The tests that scripts/mutation.ts runs on mutants: quick ones, since those that survive meet all of them. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? "test/*.test.ts").split(" "),
    provide: { settings: JSON.parse(process.env.MUTATION_SETTINGS ?? "{}") },
    setupFiles: ["test/support/matchers.ts"],
    // Files share what they import, which would take longer to load for each of them than most of them take.
    isolate: false,
    testTimeout: 60_000,
  },
});

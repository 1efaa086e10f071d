// Mutation testing of src/ by Stryker, a part of the code at a time: npm run mutation -- [part …] [--fresh]
import { readFileSync, rmSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";
import { Command } from "commander";

interface Part {
  mutate: string[];
  tests: string[];
}

/** Pieces of src/, each with the tests that are to kill its mutants. */
const parts: Record<string, Part> = {
  engine: {
    mutate: ["src/*.ts", "src/{engine,losses}/**/*.ts", "!src/tfjs.ts", "!src/types.ts"],
    tests: ["test/{errors,labels,memory,loading,specialValues,identities}.test.ts"],
  },
  reference: {
    mutate: ["src/reference/**/*.ts"],
    tests: ["test/{golden,gradients}.test.ts"],
  },
  predict: {
    mutate: ["src/predict/**/*.ts", "!src/predict/thresholdSearch.ts"],
    tests: ["test/{evaluate,evaluator,predict}.test.ts"],
  },
  search: { mutate: ["src/predict/thresholdSearch.ts"], tests: ["test/thresholdSearch.test.ts"] },
  cli: {
    mutate: ["src/cli/**/*.ts"],
    tests: ["test/cli/{bench,command,errors,eval,predict,progress,warnings}.test.ts"],
  },
  tfjs: { mutate: ["src/tfjs.ts", "src/tfjs/**/*.ts"], tests: ["test/tfjs/{edges,losses,metrics,options}.test.ts"] },
};

const program = new Command("npm run mutation --")
  .argument("[parts...]", `of ${Object.keys(parts).join(", ")}; default: all`)
  .option("--fresh", "test every mutant again, also those whose code and tests have not changed", false)
  .option("--jobs <n>", "mutants at a time", Number, 2)
  .parse();
const { fresh, jobs } = program.opts<{ fresh: boolean; jobs: number }>();

for (const name of program.args.length > 0 ? program.args : Object.keys(parts)) {
  const part = parts[name];
  if (!part) throw new RangeError(`no part ${name}: one of ${Object.keys(parts).join(", ")}`);
  const folder = `build/mutation/${name}`;
  if (fresh) rmSync(folder, { recursive: true, force: true });
  process.env.MUTATION_TESTS = part.tests.join(" ");
  const stryker = new Stryker({
    testRunner: "vitest",
    vitest: { configFile: "vitest.mutation.config.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner"],
    mutate: part.mutate,
    coverageAnalysis: "perTest",
    // Only what is mutated: assembly/ has decorators that its parser does not know.
    disableTypeChecks: "src/**/*.ts",
    concurrency: jobs,
    timeoutMS: 3000,
    timeoutFactor: 2,
    incremental: true,
    incrementalFile: `${folder}/incremental.json`,
    jsonReporter: { fileName: `${folder}/report.json` },
    reporters: ["json", "progress-append-only"],
    tempDirName: `build/stryker/${name}`,
    ignorePatterns: [
      "/results",
      "/docs",
      "/build/{nodes,demo,demo-data,api,native,mutation,stryker}",
      "/dist",
    ],
  });
  await stryker.runMutationTest();
  const { files } = JSON.parse(readFileSync(`${folder}/report.json`, "utf8")) as {
    files: Record<string, { mutants: { status: string }[] }>;
  };
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  console.log(
    name,
    Object.fromEntries([...new Set(statuses)].map((s) => [s, statuses.filter((x) => x === s).length])),
  );
}

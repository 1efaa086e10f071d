import { existsSync, rmSync, writeFileSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";
import { Argument, Command, InvalidArgumentError } from "commander";
import { readReport, survivors, tally } from "./mutation/report.ts";
import { positive } from "./wholeNumber.ts";

interface Part {
  mutate: string[];
  tests: string[];
  /** Default: "simd js", since Node 20 needs a flag for "relaxed", and the code around the kernels is the same. */
  variants?: string;
  /** The losses that stand for all; default: all. */
  losses?: string;
}

const CHECKS = "src/engine/{checks,error,lent,newArray,options,validate}.ts";
const LOADING = "src/engine/{binaries,compile,default,load,recovering}.ts";
const MEMORY = "src/engine/{batch,memory}.ts";
const PLAIN = "src/engine/{countDecisions,js,probabilities,rows}.ts";
const SAMPLE = "zlpr sigmoidCrossEntropy softmaxCrossEntropy combinatorialSoftmax";

/** Pieces of src/, each with the tests that are to kill its mutants. */
const parts: Record<string, Part> = {
  checks: {
    mutate: ["src/{createLosses,index,sparse}.ts", CHECKS],
    tests: [
      "test/{arguments,options,softmaxCrossEntropy}.test.ts",
      "test/faults/{batches,labels,measures,shapes}.test.ts",
    ],
    variants: "js",
    losses: SAMPLE,
  },
  loading: {
    mutate: [LOADING],
    tests: ["test/loading.test.ts", "test/faults/{loading,measures,recovery}.test.ts"],
    variants: "simd",
    losses: "zlpr",
  },
  memory: {
    mutate: [MEMORY],
    tests: ["test/memory.test.ts", "test/faults/{batches,growth}.test.ts"],
    variants: "simd",
    losses: "zlpr sigmoidCrossEntropy",
  },
  kernels: {
    mutate: ["src/engine/*.ts", `!${CHECKS}`, `!${LOADING}`, `!${MEMORY}`, `!${PLAIN}`],
    tests: [
      "test/{evaluator,labels,masks,memory,scratch,softmaxCrossEntropy}.test.ts",
      "test/bits/invariance.test.ts",
      "test/faults/batches.test.ts",
    ],
    variants: "simd",
    losses: SAMPLE,
  },
  plain: {
    mutate: [PLAIN],
    tests: [
      "test/{evaluator,labels,masks,memory,probabilities,softmaxCrossEntropy,specialValues}.test.ts",
      "test/faults/{batches,labels}.test.ts",
    ],
    variants: "js",
    losses: SAMPLE,
  },
  losses: {
    mutate: ["src/losses/*.ts"],
    tests: ["test/{golden,scratch,softmaxCrossEntropy}.test.ts"],
    variants: "simd",
  },
  reference: {
    mutate: ["src/reference/**/*.ts"],
    tests: [
      "test/{reference,gradients,specialValues,options,limits,softmaxCrossEntropy,combinatorialSoftmaxLimits}.test.ts",
    ],
    variants: "js",
  },
  predict: {
    mutate: ["src/predict/**/*.ts", "!src/predict/thresholdSearch.ts"],
    tests: [
      "test/{evaluate,evaluator,mergedEvaluators,predict,sum}.test.ts",
      "test/faults/{evaluators,measures}.test.ts",
    ],
  },
  search: { mutate: ["src/predict/thresholdSearch.ts"], tests: ["test/thresholdSearch.test.ts"] },
  cli: {
    mutate: ["src/cli/**/*.ts"],
    // docs.test.ts runs an example first, which takes seconds.
    tests: [
      "test/cli/{bench,command,errors,eval,files,fingerprint,formats,outputFile,predict,progress,report,run,shards,warnings}.test.ts",
    ],
  },
  threads: {
    // Threads run the script that the build has made of these files: without faults.
    mutate: ["src/parallel.ts", "src/parallel/*.ts"],
    tests: ["test/parallel/*.test.ts"],
    variants: "simd",
    losses: "zlpr softmaxCrossEntropy",
  },
  beam: { mutate: ["src/beam/**/*.ts"], tests: ["test/beam.test.ts"] },
  tfjs: {
    mutate: ["src/tfjs.ts", "src/tfjs/**/*.ts"],
    // Without those that train models, and those of the built package.
    tests: ["test/tfjs/{edges,losses,messages,metrics,options}.test.ts"],
  },
};

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100)) {
    throw new InvalidArgumentError("It has to be a number from 0 to 100.");
  }
  return value;
}

const names = Object.keys(parts);
const program = new Command("npm run mutation --")
  .description(
    "Has Stryker change src/ in one place after the other, and prints how many of the changes the tests notice.",
  )
  .addArgument(new Argument("[parts...]", "these parts of src/ alone").choices(names).default(names, "all"))
  .option("--fresh", "test every mutant again, also those whose code and tests have not changed", false)
  .option("--jobs <n>", "mutants at a time", positive, 2)
  .option("--least <percent>", "the score below which the command fails", percent, 85)
  .parse();
const { fresh, jobs, least } = program.opts<{ fresh: boolean; jobs: number; least: number }>();

for (const name of program.processedArgs[0] as string[]) {
  const part = parts[name]!;
  const folder = `build/mutation/${name}`;
  if (fresh) rmSync(folder, { recursive: true, force: true });
  process.env.MUTATION_TESTS = part.tests.join(" ");
  process.env.MUTATION_VARIANTS = part.variants ?? "simd js";
  process.env.MUTATION_LOSSES = part.losses ?? "";
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
    timeoutFactor: 1.5,
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
}

/** Of all parts that have a report, also of an earlier run. */
const reports = names
  .map((name) => ({ name, path: `build/mutation/${name}/report.json` }))
  .filter(({ path }) => existsSync(path))
  .map(({ name, path }) => ({ name, files: readReport(path) }));
const total = tally(reports.map(({ files }) => files));
console.table(
  Object.fromEntries([...reports.map(({ name, files }) => [name, tally([files])]), ["total", total]]),
);
const lists = reports.map(({ name, files }) => `# ${name}\n\n${survivors(files).join("\n")}\n`);
writeFileSync("build/mutation/survivors.md", lists.join("\n"));
if (!(total.score >= least)) process.exitCode = 1;

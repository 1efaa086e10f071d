import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { faulty, type KernelMutant, kernelMutants } from "../test/mutants/kernels.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const work = join(root, "build/mutants");

/**
 * The tests that look at what kernels compute, the quick ones first; the others see those that these let pass. That of the
 * bits of all results is not among them: it finds whatever changes one, right or wrong.
 */
const TESTS = [
  [
    "golden",
    "coefficients",
    "specialValues",
    "labels",
    "masks",
    "parity",
    "rounding",
    "asymmetric",
    "evaluator",
    "faults/labels",
    "faults/scores",
  ],
  [
    "points",
    "soft",
    "softmaxCrossEntropy",
    "combinatorialSoftmax",
    "memory",
    "identities",
    "longRows",
    "math",
  ],
];

/** What is copied: all that kernels and tests are made of. */
const SOURCES = [
  "assembly",
  "scripts",
  "src",
  "test",
  "package.json",
  "asconfig.json",
  "tsconfig.json",
  "vitest.config.ts",
];
const BUILT = [
  ...["simd.d.ts", "simd.js", "relaxed.d.ts", "relaxed.js", "relaxed.wasm"],
  ...["simd-threads.wasm", "relaxed-threads.wasm"],
].map((name) => `build/${name}`);

const program = new Command("npm run mutants --")
  .description(
    "Builds the kernels with one fault at a time, those of test/mutants/kernels.ts, and prints which test finds it; fails if none does.",
  )
  .argument("[words...]", "only the faults that have one of these words, or whose file has")
  .option("--list", "print the file and the fault of each, and build nothing", false)
  .parse();

function has({ file, fault }: KernelMutant, word: string): boolean {
  return `${file} ${fault}`.includes(word);
}

/** Those with one of the words; an error if there are none with one of them, before minutes are spent on the others. */
function mutantsWith(words: readonly string[]): readonly KernelMutant[] {
  const unknown = words.find((word) => !kernelMutants.some((mutant) => has(mutant, word)));
  if (unknown !== undefined) {
    const files = [...new Set(kernelMutants.map(({ file }) => file))].sort().join(", ");
    program.error(`error: no fault has "${unknown}", in itself or its file; files with faults are ${files}`);
  }
  return words.length === 0
    ? kernelMutants
    : kernelMutants.filter((mutant) => words.some((word) => has(mutant, word)));
}

function run(command: string[]): void {
  execFileSync(process.execPath, command, { cwd: work, stdio: ["ignore", "ignore", "pipe"] });
}

/** The first test that fails, undefined if all pass. Those of the variant that was built. */
function killer(names: string[]): string | undefined {
  const report = join(work, "build/report.json");
  const files = names.map((name) => `test/${name}.test.ts`);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--bail=1", "--testNamePattern=simd"];
  const reporter = ["--reporter=json", `--outputFile=${report}`];
  const { status } = spawnSync(process.execPath, [...vitest, ...reporter, ...files], { cwd: work });
  if (status === 0) return undefined;
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: {
      name: string;
      message: string;
      assertionResults: { status: string; fullName: string }[];
    }[];
  };
  for (const { name, message, assertionResults } of testResults) {
    const failed = assertionResults.find((result) => result.status === "failed");
    if (failed) return `${relative(join(work, "test"), name)}: ${failed.fullName}`;
    if (message) return `${relative(join(work, "test"), name)}: ${message}`;
  }
  throw new Error("vitest failed, but no test did");
}

function copySources(): void {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const name of [...SOURCES, ...BUILT]) cpSync(join(root, name), join(work, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(work, "node_modules"));
}

const entries = [
  "assembly/index.ts",
  ...readdirSync(join(root, "assembly/loss")).map((name) => `assembly/loss/${name}`),
];

/** Builds what is in the folder, and returns the first test that fails. */
function buildAndTest(): string | undefined {
  run(["node_modules/assemblyscript/bin/asc.js", ...entries, "--target", "simd"]);
  run(["scripts/generate.mjs"]);
  return TESTS.reduce<string | undefined>((first, names) => first ?? killer(names), undefined);
}

/** A test that fails by itself would be counted as one that finds each of the faults. */
function checkWithoutFault(): void {
  console.log("first without a fault");
  const began = performance.now();
  const failing = buildAndTest();
  if (failing) program.error(`error: without a fault, this test fails: ${failing}`);
  console.log(`without a fault, all pass (${Math.round((performance.now() - began) / 1000)} s)`);
}

/** The first test that fails with the fault. */
function killerOf(mutant: KernelMutant): string | undefined {
  const path = join(work, "assembly", mutant.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, faulty(source, mutant));
  const found = buildAndTest();
  writeFileSync(path, source);
  return found;
}

function test(mutants: readonly KernelMutant[]): void {
  copySources();
  checkWithoutFault();
  let killed = 0;
  for (const [i, mutant] of mutants.entries()) {
    const found = killerOf(mutant);
    if (found) killed++;
    const place = `${i + 1} of ${mutants.length}`;
    console.log(`${place}: ${found ? "killed  " : "SURVIVED"} ${mutant.file}: ${mutant.fault}`);
    if (found) console.log(`${" ".repeat(place.length)}  by ${found}`);
  }
  console.log(`${killed} of ${mutants.length} killed`);
  if (killed < mutants.length) process.exitCode = 1;
}

const mutants = mutantsWith(program.args);
if (program.opts<{ list: boolean }>().list) {
  for (const { file, fault } of mutants) console.log(`${file}: ${fault}`);
} else test(mutants);

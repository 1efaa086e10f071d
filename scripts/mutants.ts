// Builds kernels with one fault each (test/mutants/kernels.ts), and shows for each which test finds it: npm run mutants
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
    "specialValues",
    "labels",
    "masks",
    "parity",
    "rounding",
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
const BUILT = ["simd.d.ts", "simd.js", "relaxed.d.ts", "relaxed.js", "relaxed.wasm"].map(
  (name) => `build/${name}`,
);

const program = new Command("npm run mutants --")
  .argument("[words...]", "only the mutants whose file or fault has one of these words")
  .parse();

function isAsked({ file, fault }: KernelMutant): boolean {
  return program.args.length === 0 || program.args.some((word) => `${file} ${fault}`.includes(word));
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

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
for (const name of [...SOURCES, ...BUILT]) cpSync(join(root, name), join(work, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(work, "node_modules"));

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

const failing = buildAndTest();
if (failing) throw new Error(`without any fault, this test fails: ${failing}`);

const survivors: string[] = [];
const asked = kernelMutants.filter(isAsked);
for (const mutant of asked) {
  const path = join(work, "assembly", mutant.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, faulty(source, mutant));
  const found = buildAndTest();
  writeFileSync(path, source);
  console.log(`${found ? "killed  " : "SURVIVED"} ${mutant.file}: ${mutant.fault}\n         ${found ?? ""}`);
  if (!found) survivors.push(mutant.fault);
}
console.log(`${asked.length - survivors.length} of ${asked.length} killed`);
if (survivors.length > 0) process.exitCode = 1;

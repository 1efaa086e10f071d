// Calls the losses at random, for long: npm run fuzz -- --calls 1000000
import { setImmediate } from "node:timers/promises";
import v8 from "node:v8";
import { Command, InvalidArgumentError, Option } from "commander";
import { positive, wholeNumber } from "../../scripts/wholeNumber.ts";
import type { Variant } from "../../src/index.ts";
import { collectGarbage } from "../support/garbage.ts";
import { failureOf } from "./check.ts";
import { Fuzzer } from "./session.ts";
import { runnableVariants } from "./variants.ts";

/** Sessions between two looks at the clock, each with a seed of its own. */
const SESSIONS = 100;
const PROGRESS_MS = 10_000;

// Node 20 has relaxed SIMD behind a flag.
if (process.versions.node.startsWith("20.")) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

function sessionPath(text: string): string {
  if (!/^\d+(:\d+)*$/.test(text)) {
    throw new InvalidArgumentError('It has to be numbers with colons between, such as "12:0:3".');
  }
  return text;
}

const program = new Command("npm run fuzz --")
  .description(
    "Calls the losses with random arguments, right and wrong, and checks what they give against the reference.",
  )
  .option("--calls <count>", "at least so many calls of losses", positive, 100_000)
  .option(
    "--seed <number>",
    "where to begin; by default another one every time",
    wholeNumber,
    Date.now() % 2 ** 31,
  )
  .option("--path <path>", "only this session of that seed, as a failure names it", sessionPath)
  .option("--failures <count>", "how many to look for", positive, 1)
  .addOption(new Option("--variant <names...>", "only these").choices(["relaxed", "simd", "js"]))
  .parse();
const options = program.opts<{
  calls: number;
  seed: number;
  path?: string;
  failures: number;
  variant?: Variant[];
}>();

interface MemoryUse {
  rss: number;
  heap: number;
  wasm: number;
}

function memoryOf(fuzzer: Fuzzer): MemoryUse {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed, wasm: fuzzer.players.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function shown({ rss, heap, wasm }: MemoryUse): string {
  const [r, h, w] = [rss, heap, wasm].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
  return `resident ${r}, heap ${h}, memory of the instances ${w}`;
}

function table(counts: ReadonlyMap<string, number>): string {
  const width = Math.max(...[...counts.keys()].map((key) => key.length));
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, count]) => `  ${key.padEnd(width)} ${String(count).padStart(8)}`)
    .join("\n");
}

let failures = 0;

/** Ends the run if there are enough of them. */
function report(failure: string): void {
  console.error(`FAILED\n${failure}`);
  process.exitCode = 1;
  if (++failures === options.failures) process.exit();
}

const fuzzer = new Fuzzer(options.variant ?? runnableVariants());
console.log(
  `Node ${process.versions.node}, ${fuzzer.players.map(({ variant }) => variant).join(", ")}, seed ${options.seed}`,
);

/** What is wrong with one session. */
function replay(seed: number, path: string): string | undefined {
  try {
    return failureOf(fuzzer, { seed, count: 1, path });
  } catch (error) {
    // fast-check has no other error for a path along which there is no session.
    if (!(error instanceof Error && error.message.startsWith("Unable to replay"))) throw error;
    return program.error(`error: seed ${seed} has no session at path ${path}`);
  }
}

if (options.path !== undefined) {
  const failure = replay(options.seed, options.path);
  if (failure) report(failure);
  else console.log("nothing is wrong");
  process.exit();
}

for (const player of fuzzer.players) player.growFully();
const began = performance.now();
let before: MemoryUse | undefined;
let told = began;
for (let seed = options.seed; fuzzer.total < options.calls; seed++) {
  const failure = failureOf(fuzzer, { seed, count: SESSIONS });
  if (failure) report(failure);
  // After some calls, when the engine has compiled what is called.
  if (!before && fuzzer.total >= options.calls / 10) before = memoryOf(fuzzer);
  // So that signals are heard.
  await setImmediate();
  if (performance.now() - told >= PROGRESS_MS) {
    told = performance.now();
    console.log(`${fuzzer.total} calls in ${Math.round((told - began) / 1000)} s, seed ${seed}`);
  }
}

const seconds = Math.round((performance.now() - began) / 1000);
console.log(
  `${fuzzer.total} calls in ${seconds} s: ${failures === 0 ? "nothing" : `${failures} times something`} is wrong`,
);
console.log(`by loss and labels\n${table(fuzzer.calls)}`);
console.log(`by step\n${table(fuzzer.steps)}`);
console.log(`after a tenth: ${shown(before ?? memoryOf(fuzzer))}`);
console.log(`at the end:    ${shown(memoryOf(fuzzer))}`);

// Measures the errors of the vector functions and the losses in ULP (units in the last place of float32), and writes
// docs/accuracy.md and test/golden/worst.json.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import type { WasmVariant } from "../../test/kernels/compile.ts";
import { allNames, boundsOf, type LossName, names } from "../../test/support/losses.ts";
import { majorOf, runUnder } from "../node.ts";
import { positive } from "../wholeNumber.ts";
import { kernelsOf, pageOf } from "./page.ts";
import type { Sampled } from "./peers/sample.ts";
import { enableRelaxed, hasRelaxed } from "./relaxed.ts";
import { digestOfKernels, type Report, worstOfEach } from "./report.ts";
import { search } from "./search/search.ts";
import { FOLDER, Store, writeWhole } from "./store.ts";
import { floatOf, type SubjectName, subjects } from "./sweep/subjects.ts";
import { sweep } from "./sweep/sweep.ts";
import { worstOfSweeps } from "./sweep/worst.ts";
import { tablesOf } from "./tables.ts";

const PAGE = fileURLToPath(new URL("../../docs/accuracy.md", import.meta.url));
const WORST = fileURLToPath(new URL("../../test/golden/worst.json", import.meta.url));

const SUBJECTS = Object.keys(subjects) as SubjectName[];
const PARTS = ["sweep", "search", "samples"] as const;

/** What a full measurement does, and what a quick one does of it. */
const FULL = { stride: 1, steps: 1000, rows: 10 };
const QUICK = { stride: 1021, steps: 20, rows: 2 };

interface Options {
  quick: boolean;
  stride?: number;
  steps?: number;
  rows?: number;
  loss: LossName[];
  function: SubjectName[];
  only: (typeof PARTS)[number][];
  fresh: boolean;
  json: boolean;
  write: boolean;
  check: boolean;
  node?: number;
}

const options = new Command("npm run accuracy --")
  .description(
    "Measures errors in ULP: at every float32, of rows found by climbing on the error, and of random ones.",
  )
  .option("--quick", "little of everything; prints tables and writes nothing", false)
  .option("--stride <n>", "the sweeps try one in so many numbers", positive)
  .option("--steps <n>", "so many steps a climb", positive)
  .option("--rows <n>", "so many random rows of each size", positive)
  .addOption(new Option("--loss <names...>", "these losses alone").choices(allNames).default(allNames, "all"))
  .addOption(
    new Option("--function <names...>", "sweep over these alone").choices(SUBJECTS).default(SUBJECTS, "all"),
  )
  .addOption(new Option("--only <parts...>", "these parts alone").choices(PARTS).default([...PARTS], "all"))
  .option("--fresh", "forget what was found before", false)
  .option("--json", "print JSON", false)
  .option("--write", "write the page and the worst rows, although they are not of all", false)
  .option("--check", "say whether docs/accuracy.md is of the kernels that are built", false)
  .option("--node <major>", "run under this version of Node, installed into build/nodes", majorOf)
  .parse()
  .opts<Options>();

function check(): void {
  const known = existsSync(PAGE) ? kernelsOf(readFileSync(PAGE, "utf8")) : undefined;
  const built = digestOfKernels();
  if (known === built) {
    console.log(`docs/accuracy.md is of the kernels that are built, ${built}`);
    return;
  }
  console.error(
    `docs/accuracy.md is of kernels ${known ?? "without a name"}, built are ${built}: npm run accuracy`,
  );
  process.exitCode = 1;
}

function runnable(): WasmVariant[] {
  if (hasRelaxed()) return ["relaxed", "simd"];
  console.error("relaxed: left out, this engine lacks its instructions");
  return ["simd"];
}

async function measure(): Promise<Report> {
  const { stride, steps, rows } = { ...(options.quick ? QUICK : FULL), ...given() };
  const { fresh: isFresh, loss, only } = options;
  const variants = runnable();
  const report: Report = {
    kernels: digestOfKernels(),
    node: process.version,
    swept: [],
    worst: [],
    sampled: [],
  };
  if (only.includes("sweep")) {
    for (const subject of options.function) {
      for (const variant of variants) report.swept.push(await sweep(variant, subject, { stride, isFresh }));
    }
  }
  if (only.includes("search")) {
    for (const variant of variants) report.worst.push(...(await search(variant, loss, { steps, isFresh })));
    report.worst.push(...(await worstOfSweeps(report.swept)));
  }
  if (only.includes("samples")) report.sampled = await samples(variants, rows);
  return report;
}

/** What the user has asked for in place of the usual numbers. */
function given(): Partial<typeof FULL> {
  const { stride, steps, rows } = options;
  return { ...(stride && { stride }), ...(steps && { steps }), ...(rows && { rows }) };
}

/**
 * The errors on random scores that are not kept from before. Loaded late: TensorFlow.js must not compile WebAssembly before
 * the flag for relaxed instructions is set.
 */
async function samples(variants: WasmVariant[], rows: number): Promise<Sampled[]> {
  const { contenders } = await import("./peers/contenders.ts");
  const { SPREADS, sample } = await import("./peers/sample.ts");
  const key = `${digestOfKernels()} ${variants.join()}`;
  const store = new Store<Sampled[]>(join(FOLDER, `samples-${rows}.json`), key, options.fresh);
  const everyone = await contenders([...variants, "js"]);
  return options.loss
    .filter((name) => names.includes(name))
    .flatMap((name) =>
      SPREADS.flatMap((spread) => {
        const place = `${name}, ${spread}`;
        const known = store.get(place);
        if (known) return known;
        console.error(`random scores: ${name}, spread ${spread}`);
        const found = sample(everyone, name, spread, rows);
        store.set(place, found);
        return found;
      }),
    );
}

/** What is beyond the bounds. */
function broken(report: Report): string[] {
  const found = report.worst.filter(({ loss, target, error }) => !(error <= boundsOf(loss)[target]));
  const swept = report.swept.flatMap(({ subject, variant, tallies }) =>
    tallies.flatMap(({ max, worst }, i) =>
      max <= subjects[subject].bounds[i]!
        ? []
        : [`${subject}, ${variant}: ${subjects[subject].results[i]} ${max} ULP at ${floatOf(worst)}`],
    ),
  );
  const unlike = report.swept.filter(({ unlike = 0 }) => unlike > 0);
  return [
    ...swept,
    ...found.map(
      ({ loss, labels, setting, variant, target, error, classes, scores, got, exact }) =>
        `${loss}, ${labels}, ${setting}, ${variant}: ${target} ${error} ULP, ${got} for ${exact}, ${classes} classes, scores ${scores}`,
    ),
    ...unlike.map(
      ({ subject, variant, unlike }) =>
        `${subject}, ${variant}: ${unlike} results are unlike their mirror image`,
    ),
  ];
}

/** Whether all is measured, so that the page can be written. */
const isWhole =
  !options.quick &&
  Object.keys(given()).length === 0 &&
  options.loss.length === allNames.length &&
  options.function.length === SUBJECTS.length &&
  options.only.length === PARTS.length;

async function main(): Promise<void> {
  const isWritten = options.write || (isWhole && hasRelaxed());
  const report = await measure();
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else if (!isWritten) console.log(tablesOf(report));
  if (isWritten) {
    writeWhole(PAGE, pageOf(report));
    writeWhole(WORST, `${JSON.stringify(worstOfEach(report.worst), null, 2)}\n`);
    console.error("docs/accuracy.md and test/golden/worst.json are written");
  }
  const wrong = broken(report);
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
}

if (options.check) check();
else if (options.node !== undefined && !process.versions.node.startsWith(`${options.node}.`)) {
  const args = process.argv.slice(2);
  process.exitCode = runUnder(options.node, fileURLToPath(import.meta.url), args);
} else {
  enableRelaxed();
  await main();
}

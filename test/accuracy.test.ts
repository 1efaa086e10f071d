import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";
import type { Decimal } from "decimal.js";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kernelsOf } from "../scripts/accuracy/page.ts";
import { confirm } from "../scripts/accuracy/search/confirm.ts";
import { candidateOf, hexOf, numbersOf, type Worst } from "../scripts/accuracy/search/found.ts";
import { settingsFor } from "../scripts/accuracy/search/setting.ts";
import { Store } from "../scripts/accuracy/store.ts";
import { spansOf } from "../scripts/accuracy/sweep/blocks.ts";
import { compileSweep, openSweep } from "../scripts/accuracy/sweep/module.ts";
import { type Found, type Subject, type SubjectName, subjects } from "../scripts/accuracy/sweep/subjects.ts";
import { type RunBlocks, type Swept, sweepBlocks } from "../scripts/accuracy/sweep/sweep.ts";
import { headings, tablesOf } from "../scripts/accuracy/tables.ts";
import { merged } from "../scripts/accuracy/tally.ts";
import { createLosses } from "../src/index.ts";
import { exactly, exp, log1p, sigmoid, softplus } from "./golden/exact.ts";
import { row as asymmetricRow } from "./golden/formulas/asymmetric.ts";
import { row as focalRow } from "./golden/formulas/focal.ts";
import { compileWasm, type WasmVariant } from "./kernels/compile.ts";
import { mathBounds } from "./support/bounds.ts";
import { allNames, boundsOf, type LossName } from "./support/losses.ts";
import { uniform } from "./support/random.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant, WASM_VARIANTS } from "./support/variants.ts";

/* npm run accuracy: what it measures by, what it finds, and what the documentation says of that. */

const root = fileURLToPath(new URL("..", import.meta.url));

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** Float32 numbers of all magnitudes, most of them such as scores are. */
function floats(count: number): Float32Array {
  const random = uniform(count);
  return Float32Array.from({ length: count }, (_, i) =>
    i % 3 === 0
      ? numbersOf(
          Math.floor(random() * 2 ** 32)
            .toString(16)
            .padStart(8, "0"),
        )[0]!
      : (random() - 0.5) * (i % 3 === 1 ? 200 : 10),
  ).filter(Number.isFinite);
}

describe("what the sweeps judge by", async () => {
  interface Exact extends Record<string, unknown> {
    exp(x: number): number;
    log1p(x: number): number;
    sigmoid(x: number): number;
    softplus(x: number): number;
    focal(x: number, gamma: number): number;
    focalSlope(x: number, gamma: number): number;
    asymmetric(x: number): number;
    asymmetricSlope: WebAssembly.Global<"f64">;
    error(got: number, exact: number): number;
  }
  const entry = `
    import { ulpError } from "./assembly/accuracy/exact";
    export * from "./assembly/accuracy/exact";
    export function exp(x: f64): f64 { return NativeMath.exp(x); }
    export function log1p(x: f64): f64 { return NativeMath.log1p(x); }
    export function error(got: f32, exact: f64): f64 { return ulpError(got, exact); }
  `;
  const binary = await compileWasm("simd", entry, 65536);
  const { exports } = instantiateSync<Exact>(binary);

  /** So far from the exact value that no figure of the report can show it. */
  const NEGLIGIBLE = 1e-5;

  function checkAll(
    numbers: Iterable<number>,
    compute: (x: number) => number,
    right: (x: Decimal) => Decimal,
  ): void {
    const wrong: string[] = [];
    for (const x of numbers) {
      const [got, exact] = [compute(x), right(exactly(x))];
      // A number that float32 rounds to 0 may have any digits.
      const unit = Math.max(Math.abs(Number(exact)) * 2 ** -24, 2 ** -150);
      const error = Number(exact.minus(exactly(got)).abs()) / unit;
      if (!(error <= NEGLIGIBLE)) wrong.push(`${x}: ${got} for ${exact.toPrecision(20)}, ${error}`);
    }
    expect(wrong).toEqual([]);
  }

  it("are exp and log1p as decimals have them", () => {
    const numbers = floats(3000);
    checkAll(
      numbers.filter((x) => x > -87.4 && x < 88.4),
      exports.exp,
      exp,
    );
    checkAll(
      numbers.map(Math.abs).filter((x) => x < 2 ** 126),
      exports.log1p,
      log1p,
    );
  });

  it("are the terms of the losses as decimals have them", () => {
    const numbers = floats(1000).filter((x) => Math.abs(x) < 1e6);
    const focal = (z: Decimal) => focalRow([z], [exactly(0)], {});
    checkAll(numbers, exports.softplus, softplus);
    checkAll(numbers, exports.sigmoid, sigmoid);
    checkAll(
      numbers,
      (x) => exports.focal(x, 2),
      (x) => focal(x).loss,
    );
    checkAll(
      numbers,
      (x) => exports.focalSlope(x, 2),
      (x) => focal(x).grad[0]!,
    );
  });

  it("is the term of asymmetric, next to its margin too", () => {
    const edge = Math.fround(-2.9444389791664403);
    const bits = Number.parseInt(hexOf(Float32Array.of(edge)), 16);
    const near = Array.from({ length: 64 }, (_, i) => numbersOf((bits - 32 + i).toString(16))[0]!);
    const numbers = [...near, ...floats(600).filter((x) => Math.abs(x) < 1e6)];
    const right = (x: Decimal) => asymmetricRow([x], [exactly(0)], {});
    checkAll(numbers, exports.asymmetric, (x) => right(x).loss);
    checkAll(
      numbers,
      (x) => {
        exports.asymmetric(x);
        return exports.asymmetricSlope.value as number;
      },
      (x) => right(x).grad[0]!,
    );
  });

  it("counts errors as the tests do", () => {
    const cases: [got: number, exact: number][] = [
      [1, 1 + 2 ** -24],
      [1, 1 - 2 ** -25],
      [0, 2 ** -150],
      [2 ** -149, 0],
      [Infinity, 2 ** 128],
      [Infinity, 3.4e38],
      [-Infinity, 3.4e38],
      [3e38, Infinity],
      [Infinity, Infinity],
      [NaN, NaN],
      [NaN, 1],
      [1, NaN],
      [-5, 7.25],
    ];
    for (const [got, exact] of cases)
      expect(exports.error(got, exact), `${got} for ${exact}`).toBe(ulpError(Math.fround(got), exact));
  });
});

const STRIDE = 1021;

describe("a sweep over one in 1021 of all float32", async () => {
  const binaries = { relaxed: await compileSweep("relaxed"), simd: await compileSweep("simd") };

  forEachVariant((losses) => {
    const module = openSweep(binaries[losses.variant as WasmVariant]);

    it.each(Object.keys(subjects) as SubjectName[])("finds %s within its bounds", (name) => {
      const { blocks, results, bounds, sweep }: Subject = subjects[name];
      const found = blocks.map((block) => sweep(module, losses, spansOf(block, STRIDE)));
      const tallies = results.map((_, i) => merged(found.map(({ tallies }) => tallies[i]!)));
      const numbers = blocks.reduce((sum, [first, last]) => sum + last - first + 1, 0);
      tallies.forEach(({ count, max, sum }, i) => {
        expect(max).toBeLessThanOrEqual(bounds[i]!);
        expect(sum / count).toBeLessThan(2);
        expect(Math.abs(count - numbers / STRIDE)).toBeLessThan(blocks.length);
      });
      expect(found.reduce((sum, { unlike = 0 }) => sum + unlike, 0)).toBe(0);
    });
    // Not js: the reference is what the sweeps judge by, but for its rounding.
  }, WASM_VARIANTS);

  it("tries every number once where it leaves out none", () => {
    const { blocks } = subjects.sigmoidCrossEntropy;
    const spans = blocks.flatMap((block) => spansOf(block, 1));
    expect(spans.reduce((next, [first, , count]) => (first === next ? next + count : NaN), 0)).toBe(2 ** 32);
  });
});

describe("a sweep that was broken off", async () => {
  const what = { variant: "simd", subject: "log1p", stride: 100_003 } as const;
  const { blocks, sweep } = subjects.log1p;
  const losses = createLosses({ variant: "simd" });
  const module = openSweep(await compileSweep("simd"));
  const folder = mkdtempSync(join(tmpdir(), "zlpr-accuracy-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const open = (key: string, isFresh = false) => new Store<Found>(join(folder, "log1p.json"), key, isFresh);

  /** Sweeps over blocks until one is asked for that is beyond `most`, as if it were broken off. */
  function running(most = Infinity): { run: RunBlocks; swept: number[] } {
    const swept: number[] = [];
    return {
      swept,
      async run(jobs, done) {
        for (const job of jobs) {
          if (swept.length === most) throw new Error("broken off");
          swept.push(job.block);
          done(job, sweep(module, losses, spansOf(blocks[job.block]!, job.stride)));
        }
      },
    };
  }

  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => {});
  });
  afterEach(() => vi.restoreAllMocks());

  it("goes on where it was, and finds the same", async () => {
    const whole = running();
    const right = await sweepBlocks(what, open("whole"), whole.run);
    expect(whole.swept).toHaveLength(blocks.length);
    const broken = running(100);
    await expect(sweepBlocks(what, open("key"), broken.run)).rejects.toThrow("broken off");
    const rest = running();
    expect(await sweepBlocks(what, open("key"), rest.run)).toEqual(right);
    expect(broken.swept.concat(rest.swept)).toEqual(blocks.map((_, block) => block));
  });

  it("takes nothing that was found of other kernels, nor anything if it is to begin anew", async () => {
    await sweepBlocks(what, open("key"), running().run);
    const known = running();
    await sweepBlocks(what, open("key"), known.run);
    expect(known.swept).toHaveLength(0);
    for (const store of [open("another"), open("another", true)]) {
      const again = running();
      await sweepBlocks(what, store, again.run);
      expect(again.swept).toHaveLength(blocks.length);
    }
  });
});

describe("what is printed of a part", () => {
  const tally = { count: 2191, max: 0.9, sum: 142, aboveHalf: 17, aboveOne: 0, hash: "", worst: 0 };
  const swept = { variant: "simd", subject: "exp", stride: 1021, tallies: [tally] } satisfies Swept;
  const nothing = { kernels: "0123456789abcdef", node: "v20.20.2", swept: [], worst: [], sampled: [] };

  it("is what was measured alone, and says how much of it", () => {
    const printed = tablesOf({ ...nothing, swept: [swept] });
    expect(printed.match(/^#+ .*/gm)).toEqual([`## ${headings.sweeps}`]);
    expect(printed).toContain("one in 1021 of -87.3 to 88.3: 2,191");
    expect(printed.match(/^\|/gm)).toHaveLength(3);
  });

  it("does not speak of a stride where none was used", () => {
    expect(tablesOf({ ...nothing, swept: [{ ...swept, stride: 1 }] })).not.toContain("one in");
  });

  it("is a table of the worst rows and one of their options, after a search", () => {
    const worst: Worst[] = JSON.parse(read("test/golden/worst.json"));
    const printed = tablesOf({ ...nothing, worst });
    expect(printed.match(/^#+ .*/gm)).toEqual([`## ${headings.worst}`, `### ${headings.settings}`]);
  });
});

describe("the worst rows that were found", () => {
  const worst: Worst[] = JSON.parse(read("test/golden/worst.json"));
  const settings = settingsFor();

  it("are of every loss and kind of labels", () => {
    const places = (all: { loss: LossName; labels: string }[]) =>
      [...new Set(all.map(({ loss, labels }) => `${loss}, ${labels}`))].sort();
    expect(places(worst)).toEqual(places(settings));
  });

  forEachVariant((losses) => {
    it.each(worst.map((one) => [one.loss, one.labels, one.setting, one.target, one.variant, one] as const))(
      "are within the bounds: %s, %s, %s, %s, found with %s",
      async (loss, labels, title, target, _, one) => {
        const setting = settings.find(
          (other) => other.loss === loss && other.labels === labels && other.title === title,
        );
        expect(setting).toBeDefined();
        const { error } = await confirm(losses, setting!, target, candidateOf(one));
        expect(error).toBeLessThanOrEqual(boundsOf(loss)[target]);
      },
    );
  });
});

describe("the bounds in the documentation", () => {
  it("docs/accuracy.md has those of the definitions, and names its kernels", () => {
    const page = read("docs/accuracy.md");
    const stated = Array.from(
      page.matchAll(/^\| `(\w+)` +\| +(\d+) \| +(\d+) \|$/gm),
      ([, name, ...bounds]) => [name, ...bounds.map(Number)],
    );
    expect(stated).toEqual(allNames.map((name) => [name, boundsOf(name).loss, boundsOf(name).grad]));
    expect(kernelsOf(page)).toMatch(/^[\da-f]{16}$/);
    const functions = /held by the tests to ([\d.]+) \(`exp`\) and ([\d.]+) ULP \(`log1p`\)/.exec(page);
    expect(functions?.slice(1).map(Number)).toEqual([mathBounds.exp.ulp, mathBounds.log1p.ulp]);
  });

  it("README.md has those of the definitions", () => {
    const text = read("README.md").replaceAll("\n", " ");
    const promise =
      /((?:`\w+`(?:, | and )?)+) promise a loss within (\d+) and a gradient within (\d+) units in the last place of float32, the other losses (\d+) and (\d+)/.exec(
        text,
      );
    const [, names = "", ...bounds] = promise ?? [];
    const [loss, grad, otherLoss, otherGrad] = bounds.map(Number);
    const strict = Array.from(names.matchAll(/`(\w+)`/g), ([, name]) => name);
    expect(strict).not.toHaveLength(0);
    for (const name of allNames) {
      expect(boundsOf(name), name).toEqual(
        strict.includes(name) ? { loss, grad } : { loss: otherLoss, grad: otherGrad },
      );
    }
    const first =
      /`zlpr` is within (\d+) units in the last place of float32 \(loss\) and (\d+) \(gradient\)/.exec(text);
    expect(first?.slice(1).map(Number)).toEqual([boundsOf("zlpr").loss, boundsOf("zlpr").grad]);
  });

  it("README.zh-CN.md has those of the definitions", () => {
    const stated = /`zlpr` 的损失误差不超过 (\d+) ULP，梯度不超过 (\d+) ULP/.exec(read("README.zh-CN.md"));
    expect(stated?.slice(1).map(Number)).toEqual([boundsOf("zlpr").loss, boundsOf("zlpr").grad]);
  });
});

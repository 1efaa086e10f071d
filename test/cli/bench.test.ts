import { afterEach, describe, expect, it, vi } from "vitest";
import { type BenchReport, benchTable } from "../../src/cli/benchCommand.ts";
import * as output from "../../src/cli/output.ts";
import { createProgram } from "../../src/cli/program.ts";
import * as factory from "../../src/createLosses.ts";
import type { Losses } from "../../src/index.ts";

/* `zlpr bench` with losses that take known times. */

/** What was done with a batch. */
interface Use {
  rows: number;
  classes: number;
  logits: Float32Array;
  labels: Uint8Array;
  calls: { name: string; classes: number; hasGrad: boolean }[];
  isFree: boolean;
}

const SCORES = 4096;

/** The time of a call: of the first of a batch, longer; then one of these, in turn. */
const WARM_UP = 50;

/** Losses whose calls move a clock on by so many milliseconds. */
function fakeLosses(variant: string, durations: readonly number[], clock: { now: number }) {
  const uses: Use[] = [];
  const loss = (name: string) => (logits: Float32Array, labels: Uint8Array, options: never) => {
    const { classes, out } = options as { classes: number; out: { grad: Float32Array } };
    const use = uses.at(-1) as Use;
    const of = uses.find((one) => one.logits === logits && one.labels === labels) ?? use;
    clock.now += of.calls.length === 0 ? WARM_UP : (durations[of.calls.length % durations.length] as number);
    of.calls.push({ name, classes, hasGrad: out.grad.length === logits.length });
  };
  const losses = new Proxy({} as Losses, {
    get(_, name: string) {
      if (name === "variant") return variant;
      if (name !== "allocate") return loss(name);
      return (rows: number, classes: number) => {
        // Some of the scores are enough.
        const length = Math.min(rows * classes, SCORES);
        const [logits, grad] = [new Float32Array(length), new Float32Array(length)];
        const use: Use = {
          rows,
          classes,
          logits,
          labels: new Uint8Array(length),
          calls: [],
          isFree: false,
        };
        uses.push(use);
        return Object.assign(use, { grad, free: () => Object.assign(use, { isFree: true }) });
      };
    },
  });
  return { losses, uses };
}

afterEach(() => void vi.restoreAllMocks());

/** What the command prints, on losses whose fastest call takes 16 and 64 ms. */
function bench(...flags: string[]) {
  const clock = { now: 0 };
  const best = fakeLosses("simd", [40, 30, 16, 25], clock);
  const js = fakeLosses("js", [90, 64, 80], clock);
  vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  const create = vi.spyOn(factory, "createLosses");
  create.mockImplementation((options) => (options?.variant === "js" ? js.losses : best.losses));
  const print = vi.spyOn(output, "print").mockImplementation(() => {});
  createProgram().parse(["node", "zlpr", "bench", ...flags]);
  expect(print).toHaveBeenCalledOnce();
  return { printed: print.mock.calls[0]?.[0] as string, best, js };
}

const LOSSES = ["zlpr", "sigmoidCrossEntropy", "focal", "asymmetric"];
const SHAPES = [
  [1024, 20],
  [256, 1000],
  [16, 20_000],
] as const;

describe("zlpr bench", () => {
  it("times the fastest call of each loss on each shape", () => {
    const report: BenchReport = JSON.parse(bench("--json").printed);
    const timings = SHAPES.flatMap(([rows, classes]) =>
      LOSSES.map((loss) => ({
        loss,
        rows,
        classes,
        nsPerLogit: 16e6 / (rows * classes),
        rowsPerSecond: rows / 0.016,
        timesAsFastAsJs: 4,
      })),
    );
    const { platform, arch, version } = process;
    expect(report).toEqual({
      command: "bench",
      variant: "simd",
      node: version,
      platform: `${platform} ${arch}`,
      timings,
    });
  });

  it("calls both instances alike, with gradients, and leaves no batch behind", () => {
    const { best, js } = bench();
    const sizes = SHAPES.flatMap(([rows, classes]) => LOSSES.map((name) => ({ rows, classes, name })));
    for (const { uses } of [best, js]) {
      expect(uses.map(({ rows, classes, calls }) => ({ rows, classes, name: calls[0]?.name }))).toEqual(
        sizes,
      );
      for (const { calls, classes, isFree } of uses) {
        expect(isFree).toBe(true);
        // One to warm up, and seven samples.
        expect(calls).toEqual(Array.from({ length: 8 }, () => ({ ...calls[0], classes, hasGrad: true })));
      }
    }
  });

  it("repeats calls that are too short for the clock", () => {
    const clock = { now: 0 };
    const quick = fakeLosses("simd", [1], clock);
    vi.spyOn(performance, "now").mockImplementation(() => {
      // The clock shows whole calls only, of 4 ms each, and none of those that warm up.
      const calls = quick.uses.reduce((sum, use) => sum + use.calls.length, 0);
      return 4 * calls;
    });
    vi.spyOn(factory, "createLosses").mockReturnValue(quick.losses);
    vi.spyOn(output, "print").mockImplementation(() => {});
    createProgram().parse(["node", "zlpr", "bench", "--json"]);
    const { timings } = JSON.parse(vi.mocked(output.print).mock.calls[0]?.[0] as string) as BenchReport;
    for (const { nsPerLogit, rows, classes } of timings)
      expect(nsPerLogit * rows * classes).toBeCloseTo(4e6, 3);
    // Of 1, 2 and 4 calls, the last ones take 10 ms at least; so do the seven samples.
    for (const { calls } of quick.uses) expect(calls).toHaveLength(1 + 2 + 4 + 7 * 4);
  });

  it("is about scores from -3 to 3 and a few positive classes", () => {
    const { uses } = bench().best;
    for (const { logits, labels } of uses) {
      const [lowest, highest] = [Math.min(...logits), Math.max(...logits)];
      expect(lowest).toBeGreaterThanOrEqual(-3);
      expect(lowest).toBeLessThan(-2.9);
      expect(highest).toBeLessThanOrEqual(3);
      expect(highest).toBeGreaterThan(2.9);
      const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
      expect(share).toBeGreaterThan(0.01);
      expect(share).toBeLessThan(0.03);
    }
  });

  it("prints a table", () => {
    const timing = {
      rows: 1024,
      classes: 20,
      nsPerLogit: 0.1234,
      rowsPerSecond: 1_234_567,
      timesAsFastAsJs: 17.94,
    };
    const timings = [
      { ...timing, loss: "zlpr" as const },
      { ...timing, loss: "focal" as const, classes: 20_000, nsPerLogit: 12.345 },
    ];
    const platform = "linux x64";
    const table = benchTable({ command: "bench", variant: "simd", node: "v20.0.0", platform, timings });
    expect(table).toBe(
      [
        'variant "simd", Node v20.0.0, linux x64',
        "",
        'loss and gradient  rows × classes  ns a logit  rows a second  "js" takes',
        "zlpr                    1024 × 20        0.12      1,230,000      17.9 ×",
        "focal                1024 × 20000       12.35      1,230,000      17.9 ×",
      ].join("\n"),
    );
    expect(bench().printed).toMatch(/^variant "simd", Node v.*\nzlpr +256 × 1000 +62\.50 +16,000 +4\.0 ×$/ms);
  });
});

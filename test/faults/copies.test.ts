import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import * as source from "../../src/index.ts";
import { binaryOf, withTrap } from "../support/binary.ts";
import { checkRefused } from "../support/errors.ts";
import { expectSameResult } from "../support/results.ts";
import { labels, logits } from "./calls.ts";

/* Several copies of the package in one process, and one module in several threads. `npm test` has built dist/. */

type Package = typeof source;

const path = (file: string) => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));
const COPIES: Record<string, Package> = {
  "src/index.ts": source,
  "dist/index.mjs": await import(path("index.mjs")),
  "dist/index.cjs": createRequire(import.meta.url)(path("index.cjs")),
};
const PAIRS = Object.keys(COPIES).flatMap((a) => Object.keys(COPIES).map((b) => [a, b] as const));
const CALL = { classes: 3, reduction: "none" } as const;

describe("several copies of the package in one process", () => {
  it("are several", () => {
    expect(new Set(Object.values(COPIES).map(({ LossError }) => LossError)).size).toBe(3);
    const buffers = Object.values(COPIES).map(
      ({ createLosses }) => createLosses({ variant: "simd" }).allocate(1, 1).grad.buffer,
    );
    expect(new Set(buffers).size).toBe(3);
  });

  const right = source.createLosses({ variant: "simd" }).zlpr(logits, labels, CALL);

  it.each(PAIRS)("the arrays of a batch of %s are taken by %s, as copies", (owner, user) => {
    const losses = COPIES[user]!.createLosses({ variant: "simd" });
    for (const variant of ["simd", "js"] as const) {
      const batch = COPIES[owner]!.createLosses({ variant }).allocate(2, 3);
      batch.logits.set(logits);
      batch.labels.set(labels);
      const got = losses.zlpr(batch.logits, batch.labels, { ...CALL, out: { grad: batch.grad } });
      expect(got.grad).toBe(batch.grad);
      expectSameResult(got, right);
      expect(batch.logits).toEqual(logits);
      batch.free();
      expect(() => batch.grad).toThrow(expect.objectContaining({ name: "LossError", code: "DISPOSED" }));
    }
  });

  it.each(Object.entries(COPIES))(
    "a LossError of %s is told by its name and code",
    (_, { zlpr, LossError }) => {
      let thrown: unknown;
      try {
        zlpr(logits, labels.with(1, 2), { classes: 3 });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(Error);
      expect(thrown).toBeInstanceOf(LossError);
      expect(thrown).toMatchObject({
        name: "LossError",
        code: "RANGE",
        argument: "labels",
        row: 0,
        index: 1,
      });
      expect(String(thrown)).toBe("LossError: labels: expected 0 or 1, received 2 (row 0, index 1)");
    },
  );

  it.each(PAIRS)("a module compiled for %s runs in %s", async (_, user) => {
    const module = await WebAssembly.compile(binaryOf("simd"));
    const { createLosses, init, zlpr } = COPIES[user]!;
    expectSameResult(createLosses({ module }).zlpr(logits, labels, CALL), right);
    await init(module);
    expectSameResult(zlpr(logits, labels, CALL), right);
  });

  it("an out-of-date array is refused by all alike", () => {
    const gone = logits.slice();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    for (const { zlpr, LossError } of Object.values(COPIES)) {
      expect(() => zlpr(gone, labels, { classes: 3 })).toThrow(LossError);
    }
    checkRefused(
      () => source.zlpr(gone, labels, { classes: 3 }),
      "DETACHED",
      "logits: expected an array with a buffer, received one whose buffer was transferred, shrunk or left behind by growing memory",
    );
  });
});

/** What a thread answers: the bits of a gradient, or the name of an error. */
interface Answer {
  grad: number[];
  errors: string[];
}

const PROGRAM = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { createLosses } = require(workerData.path);
  const { module, logits, labels } = workerData;
  const losses = createLosses({ module });
  const errors = [];
  let grad;
  for (let i = 0; i < 50; i++) {
    try { losses.focal(logits, labels, { classes: 3 }); } catch (error) { errors.push(error.name); }
    grad = losses.zlpr(logits, labels, { classes: 3, reduction: "none" }).grad;
  }
  parentPort.postMessage({ grad: [...grad], errors });
`;

function inThread(module: WebAssembly.Module): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const workerData = { path: path("index.cjs"), module, logits, labels };
    const worker = new Worker(PROGRAM, { eval: true, workerData });
    worker.once("message", resolve).once("error", reject);
  });
}

describe("worker threads with a shared module", () => {
  it("have an instance each: the same bits, and a trap in one is nothing to the others", async () => {
    const module = new WebAssembly.Module(binaryOf("simd"));
    const trapping = new WebAssembly.Module(withTrap(binaryOf("simd"), "focal"));
    const here = source.createLosses({ module });
    const right = Array.from(here.zlpr(logits, labels, CALL).grad);
    const answers = await Promise.all([module, trapping, module].map(inThread));
    expect(answers.map(({ grad }) => grad)).toEqual([right, right, right]);
    expect(answers.map(({ errors }) => errors.length)).toEqual([0, 50, 0]);
    expect(new Set(answers[1]!.errors)).toEqual(new Set(["RuntimeError"]));
    expect(Array.from(here.zlpr(logits, labels, CALL).grad)).toEqual(right);
  });
});

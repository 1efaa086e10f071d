import { describe, expect, test } from "vitest";
import { WrongResult } from "../bench/check.ts";
import { makeData } from "../bench/data.ts";
import { readEnvironment } from "../bench/environment.ts";
import { checkGradient, checkMean, checkRowLosses, errorsOf, exactOf } from "../bench/peers/accuracy.ts";
import { peersFigure } from "../bench/peers/figure.ts";
import { fused } from "../bench/peers/fused.ts";
import { INSTALL, loadInstalled } from "../bench/peers/installed.ts";
import { measureShape } from "../bench/peers/measureShape.ts";
import { openPeers } from "../bench/peers/open.ts";
import { type Peer, type PeerData, Unavailable } from "../bench/peers/peer.ts";
import { markdown, type PeersReport } from "../bench/peers/report.ts";
import { zlpr } from "../bench/peers/zlpr.ts";
import { svgOf } from "../scripts/figures/figure.ts";

const shape = { rows: 3, classes: 20 };
const effort = { rounds: 2, warmUpMs: 1, sampleMs: 0.1 };
const data = makeData(shape, "multi-hot", 1) as PeerData;

const absent: Peer = {
  name: "absent",
  open: () => loadInstalled("not-a-package-of-this-folder").then(() => ({ version: "" })),
};

/** Takes the loss of 0 for right. */
const wrong: Peer = {
  name: "wrong",
  async open() {
    const method = {
      name: "zeros",
      bounds: { loss: 2, grad: 4 },
      lossAndGradient: () => 0,
      gradient: () => new Float32Array(data.logits.length),
      rowLosses: () => new Float32Array(data.rows),
    };
    return { version: "wrong 1.0", methods: () => [method] };
  },
};

describe("the benchmark of peers", () => {
  test("names what is not installed, with the command that installs it", async () => {
    await expect(loadInstalled("not-a-package-of-this-folder")).rejects.toThrow(Unavailable);
    const { opened, skipped } = await openPeers([fused, absent]);
    expect(opened.map(({ peer }) => peer)).toEqual(["fused"]);
    expect(skipped).toEqual([{ name: "absent", reason: expect.stringContaining(INSTALL) }]);
  });

  test("counts errors in units in the last place", () => {
    expect(errorsOf([1, 1 + 2 ** -23], [1, 1])).toEqual({ max: 1, mean: 0.5 });
    expect(errorsOf([NaN], [1]).max).toBe(Infinity);
    expect(errorsOf([1], [1, 1]).max).toBe(Infinity);
  });

  test("takes no result for right that is beyond the bounds", () => {
    const exact = exactOf(data);
    const bounds = { loss: 2, grad: 4 };
    const loosely = { ...bounds, grad: 16 };
    expect(checkGradient("exact", bounds, data, exact.grad, exact)).toEqual({ max: 0, mean: 0 });
    const off = exact.grad.map((g, i) => (i === 7 ? g * (1 + 2 ** -20) : g));
    expect(() => checkGradient("off", bounds, data, off, exact)).toThrow(WrongResult);
    expect(() => checkGradient("off", loosely, data, off, exact)).not.toThrow();
    expect(() => checkGradient("off", { ...loosely, meanGrad: 0.1 }, data, off, exact)).toThrow(WrongResult);

    expect(checkRowLosses("exact", bounds, data, exact.rowLosses, exact)).toEqual({ max: 0, mean: 0 });
    const losses = exact.rowLosses.map((loss, i) => (i === 1 ? loss * (1 + 2 ** -20) : loss));
    expect(() => checkRowLosses("off", bounds, data, losses, exact)).toThrow(WrongResult);

    expect(() => checkMean("exact", bounds, data, exact.loss, exact)).not.toThrow();
    expect(() => checkMean("off", bounds, data, exact.loss * (1 + 2 ** -20), exact)).toThrow(WrongResult);
  });

  test("reports and draws what it has measured, and why it left out the rest", async () => {
    const { opened, skipped } = await openPeers([fused, zlpr, wrong, absent]);
    const measured = await measureShape(opened, shape, effort, 1);
    const methods = measured.methods.map(({ method }) => method);
    expect(methods).toContain("fused JS");
    expect(methods).toContain("zlpr simd, zero copy");
    expect(methods).not.toContain("zeros");
    expect(measured.timings.every(({ nsPerLogit }) => nsPerLogit > 0)).toBe(true);

    const report: PeersReport = {
      environment: readEnvironment(),
      settings: { ...effort, seed: 1, changed: undefined },
      versions: opened.map(({ version }) => version),
      skipped,
      shapes: [measured],
      trainingStep: undefined,
    };
    const text = markdown(report);
    expect(text).toMatch(/absent: .* is not installed/);
    expect(text).toMatch(/zeros, 3×20: .* the error of the loss/);
    const picture = svgOf(peersFigure(report));
    for (const method of methods) expect(picture).toContain(method);
  });
});

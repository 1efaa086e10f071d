import type { LossName } from "../../../test/support/losses.ts";

/*
 * The losses as loops of plain JavaScript over numbers of float32, each result rounded to it, with the formulas as they
 * stand in papers: what a port to a GPU or to a typed array computes that nobody has looked at.
 */

/** Loss and gradient of a row. */
export type PlainLoss = (s: Float32Array, y: Uint8Array, grad: Float32Array) => number;

const f = Math.fround;
const exp = (x: number) => f(Math.exp(x));
const log = (x: number) => f(Math.log(x));
const sigmoid = (s: number) => f(1 / f(1 + exp(-s)));

/** Σ e^s of the negative and Σ e^-s of the positive classes, whose terms are left in `grad`. */
function sums(s: Float32Array, y: Uint8Array, grad: Float32Array): { a: number; b: number } {
  let [a, b] = [0, 0];
  for (let i = 0; i < s.length; i++) {
    const e = exp(y[i] ? -s[i]! : s[i]!);
    if (y[i]) b = f(b + e);
    else a = f(a + e);
    grad[i] = y[i] ? -e : e;
  }
  return { a, b };
}

function scale(y: Uint8Array, grad: Float32Array, negative: number, positive: number): void {
  for (let i = 0; i < grad.length; i++) grad[i] = grad[i]! * (y[i] ? positive : negative);
}

const zlpr: PlainLoss = (s, y, grad) => {
  const { a, b } = sums(s, y, grad);
  scale(y, grad, f(1 / f(1 + a)), f(1 / f(1 + b)));
  return f(log(f(1 + a)) + log(f(1 + b)));
};

const zlprJoint: PlainLoss = (s, y, grad) => {
  const { a, b } = sums(s, y, grad);
  const total = f(1 + f(a + b));
  scale(y, grad, f(1 / total), f(1 / total));
  return log(total);
};

const lsep: PlainLoss = (s, y, grad) => {
  const { a, b } = sums(s, y, grad);
  const total = f(1 + f(a * b));
  scale(y, grad, f(b / total), f(a / total));
  return log(total);
};

const softmaxCrossEntropy: PlainLoss = (s, y, grad) => {
  let total = 0;
  for (let i = 0; i < s.length; i++) {
    grad[i] = exp(s[i]!);
    total = f(total + grad[i]!);
  }
  let loss = 0;
  for (let i = 0; i < s.length; i++) {
    const p = f(grad[i]! / total);
    grad[i] = p - y[i]!;
    if (y[i]) loss = f(loss - log(p));
  }
  return loss;
};

const sigmoidCrossEntropy: PlainLoss = (s, y, grad) => {
  let loss = 0;
  for (let i = 0; i < s.length; i++) {
    const p = sigmoid(s[i]!);
    loss = f(loss - log(y[i] ? p : f(1 - p)));
    grad[i] = p - y[i]!;
  }
  return loss;
};

const focal: PlainLoss = (s, y, grad) => {
  let loss = 0;
  for (let i = 0; i < s.length; i++) {
    const p = sigmoid(y[i] ? -s[i]! : s[i]!);
    const surprise = -log(f(1 - p));
    const power = f(p * p);
    loss = f(loss + f(power * surprise));
    const slope = f(power * f(f(2 * f(f(1 - p) * surprise)) + p));
    grad[i] = y[i] ? -slope : slope;
  }
  return loss;
};

const asymmetric: PlainLoss = (s, y, grad) => {
  let loss = 0;
  for (let i = 0; i < s.length; i++) {
    const p = sigmoid(s[i]!);
    if (y[i]) {
      const surprise = -log(p);
      const others = f(1 - p);
      loss = f(loss + f(others * surprise));
      grad[i] = -f(others * f(f(p * surprise) + others));
      continue;
    }
    const q = Math.max(f(p - f(0.05)), 0);
    const surprise = -log(f(1 - q));
    const cube = f(f(q * q) * q);
    loss = f(loss + f(f(cube * q) * surprise));
    grad[i] = f(f(p * f(1 - p)) * f(cube * f(f(4 * surprise) + f(q / f(1 - q)))));
  }
  return loss;
};

export const plain: Partial<Record<LossName, PlainLoss>> = {
  asymmetric,
  focal,
  lsep,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  zlpr,
  zlprJoint,
};

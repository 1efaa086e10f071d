import * as Plot from "@observablehq/plot";
import type { Losses } from "../../src/index.ts";
import { type LossName, lossOf } from "../../test/support/losses.ts";
import { colors, type DrawnLoss } from "./colors.ts";
import type { Figure } from "./figure.ts";

const MOST = 10_000;
const STEPS = 40;

/** Two states of a model: the score of the one positive class, and that of all negative ones. */
const stages = [
  { stage: "before training: every score is 0", positive: 0, negative: 0 },
  { stage: "later: positive class 1, negative classes −3", positive: 1, negative: -3 },
];

const names: (DrawnLoss & LossName)[] = [
  "sigmoidCrossEntropy",
  "focal",
  "asymmetric",
  "zlprJoint",
  "zlpr",
  "lsep",
];

const counts = Array.from(
  new Set(Array.from({ length: STEPS + 1 }, (_, i) => Math.round(MOST ** (i / STEPS)))),
);

/** The powers of ten from one to another. */
function powers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
}

function number(x: number): string {
  return x.toLocaleString("en-US");
}

/** How far apart two lines of text have to be, as a ratio. */
const LINE = 2;

/**
 * A label at the end of each line; lines that end in the same place have one together, and those that end close to each
 * other are moved apart.
 */
function ends<P extends { ratio: number; name: DrawnLoss }>(
  points: P[],
): (P & { text: string; fill: string })[] {
  const visible = points.filter(({ ratio }) => ratio > 0).sort((a, b) => b.ratio - a.ratio);
  const isSame = (a: P, b: P) => Math.abs(Math.log(a.ratio / b.ratio)) < 0.01;
  const firsts = visible.filter((point, at) => visible.findIndex((other) => isSame(other, point)) === at);
  let below = Infinity;
  return firsts.map((point) => {
    const together = visible.filter((other) => isSame(other, point));
    const text = together.map(({ name }) => name).join("\n");
    const half = LINE ** (together.length / 2);
    const ratio = Math.min(point.ratio, below / half);
    below = ratio / half;
    return { ...point, ratio, text, fill: together.length > 1 ? "#444" : colors[point.name] };
  });
}

/** How much more gradient falls on the negative classes than on the positive one, by their number. */
export function imbalance(losses: Losses): Figure {
  const points = stages.flatMap(({ stage, positive, negative }) =>
    names.flatMap((name) =>
      counts.map((count) => {
        const logits = new Float32Array(count + 1).fill(negative);
        const labels = new Uint8Array(count + 1);
        logits[0] = positive;
        labels[0] = 1;
        const { grad } = lossOf(losses, name)(logits, labels, { classes: count + 1 });
        return { stage, name, count, ratio: grad.slice(1).reduce((sum, g) => sum + g, 0) / -grad[0]! };
      }),
    ),
  );
  return {
    title: "How much the negative classes outweigh the positive one",
    explanation: [
      "The gradients of all negative classes of a row together, as a multiple of the gradient of its one positive class.",
      "Later on, asymmetric gives these negative classes no gradient: they are below its margin.",
    ],
    plot: {
      width: 980,
      height: 460,
      marginTop: 128,
      marginBottom: 52,
      marginLeft: 70,
      marginRight: 170,
      fx: { domain: stages.map(({ stage }) => stage), axis: null, padding: 0.4 },
      x: {
        type: "log",
        label: "number of negative classes",
        labelAnchor: "center",
        labelArrow: "none",
        ticks: powers(0, 4),
        tickFormat: number,
      },
      y: {
        type: "log",
        label: "negative : positive",
        labelAnchor: "center",
        labelArrow: "none",
        grid: true,
        ticks: powers(-2, 4),
        tickFormat: number,
      },
      marks: [
        Plot.lineY(points, {
          fx: "stage",
          x: "count",
          y: "ratio",
          stroke: ({ name }) => colors[name as DrawnLoss],
          z: "name",
          strokeWidth: 2.5,
        }),
        Plot.text(
          stages.flatMap(({ stage }) => ends(points.filter((p) => p.stage === stage && p.count === MOST))),
          {
            fx: "stage",
            x: "count",
            y: "ratio",
            text: "text",
            fill: "fill",
            textAnchor: "start",
            dx: 8,
            fontWeight: "bold",
          },
        ),
        Plot.text(stages, {
          fx: "stage",
          text: "stage",
          frameAnchor: "top-left",
          dy: -20,
          fontSize: 14,
          fontWeight: "bold",
        }),
      ],
    },
  };
}

import * as Plot from "@observablehq/plot";
import type { Losses } from "../../src/index.ts";
import { type LossName, lossOf } from "../../test/support/losses.ts";
import { colors, type DrawnLoss } from "./colors.ts";
import type { Figure } from "./figure.ts";

const scores = [4, 3, 2, 1, -1, -2, -3, -4];
const positives = [4, 1, -2];
const COLUMNS = 4;

interface Panel {
  name: DrawnLoss & LossName;
  title?: string;
  options?: object;
}

/** Above, losses in which classes compete; below, those that take each class on its own. */
const panels: Panel[] = [
  { name: "zlpr" },
  { name: "zlprJoint" },
  { name: "lsep" },
  { name: "combinatorialSoftmax" },
  { name: "sigmoidCrossEntropy" },
  { name: "sigmoidCrossEntropy", title: "… positiveWeights: 5/3", options: { positiveWeights: 5 / 3 } },
  { name: "focal" },
  { name: "asymmetric" },
];

/** The gradients of the same eight scores in every loss. */
export function gradients(losses: Losses): Figure {
  const labels = Uint8Array.from(scores, (s) => Number(positives.includes(s)));
  const places = panels.map((panel, i) => ({ ...panel, fx: i % COLUMNS, fy: Math.floor(i / COLUMNS) }));
  const bars = places.flatMap(({ name, options, ...place }) => {
    const { grad } = lossOf(losses, name)(Float32Array.from(scores), labels, {
      classes: scores.length,
      ...options,
    });
    return scores.map((score, i) => ({
      ...place,
      score,
      slope: grad[i]!,
      name,
      isPositive: labels[i] === 1,
    }));
  });
  return {
    title: "What each loss does with the same scores",
    explanation: [
      "The gradient of a row of eight classes. Training moves a score down where its bar is above 0, and up where it is below.",
      "3 is the worst of the negative classes, −2 the worst of the positive ones. In the upper row classes compete.",
    ],
    keys: [
      { label: "positive class", fill: "#444" },
      { label: "negative class", fill: "#d4d4d4", stroke: "#444" },
    ],
    plot: {
      width: 980,
      height: 520,
      marginTop: 150,
      marginBottom: 50,
      marginLeft: 60,
      marginRight: 20,
      fx: { axis: null, padding: 0.08 },
      fy: { axis: null, padding: 0.2 },
      x: { domain: scores, axis: null },
      y: {
        label: "gradient",
        labelAnchor: "center",
        labelArrow: "none",
        grid: true,
        ticks: 5,
        domain: [-1.6, 1.25],
      },
      marks: [
        Plot.axisX({
          fontSize: 11,
          tickSize: 0,
          label: "score",
          labelAnchor: "center",
          labelArrow: "none",
          tickFormat: (s: number) => String(s).replace("-", "−"),
        }),
        Plot.barY(bars, {
          fx: "fx",
          fy: "fy",
          x: "score",
          y: "slope",
          fill: ({ name }) => colors[name as DrawnLoss],
          fillOpacity: ({ isPositive }) => (isPositive ? 1 : 0.28),
          stroke: ({ name }) => colors[name as DrawnLoss],
          insetLeft: 1,
          insetRight: 1,
        }),
        Plot.ruleY([0], { stroke: "#222" }),
        Plot.text(places, {
          fx: "fx",
          fy: "fy",
          text: ({ name, title }) => title ?? name,
          fill: ({ name }) => colors[name as DrawnLoss],
          frameAnchor: "top-left",
          dy: -16,
          fontSize: 14,
          fontWeight: "bold",
        }),
      ],
    },
  };
}

import * as Plot from "@observablehq/plot";
import type { Losses } from "../../src/index.ts";
import { type LossName, lossOf } from "../../test/support/losses.ts";
import { colors, type DrawnLoss } from "./colors.ts";
import type { Figure } from "./figure.ts";

const REACH = 8;
const STEP = 0.1;
const OTHERS = 20;

const names: (DrawnLoss & LossName)[] = ["zlpr", "sigmoidCrossEntropy", "focal", "asymmetric"];
const sides = [
  { side: "a negative class", label: 0 },
  { side: "a positive class", label: 1 },
];

/** The gradient of one class by its score, beside others of its side whose score is 0. */
export function slopes(losses: Losses): Figure {
  const scores = Array.from({ length: Math.round((2 * REACH) / STEP) + 1 }, (_, i) => i * STEP - REACH);
  const points = sides.flatMap(({ side, label }) =>
    names.flatMap((name) =>
      scores.map((score) => {
        const logits = new Float32Array(OTHERS + 1);
        logits[0] = score;
        const labels = new Uint8Array(OTHERS + 1).fill(label);
        const { grad } = lossOf(losses, name)(logits, labels, { classes: OTHERS + 1 });
        return { side, name, score, slope: grad[0]! };
      }),
    ),
  );
  return {
    title: "Which classes a loss attends to",
    explanation: [
      `The gradient of one class by its score, in a row with ${OTHERS} more classes of its side, whose scores are 0.`,
      "To zlpr they matter: it attends to the worst. The others take each class on its own.",
    ],
    keys: names.map((name) => ({ label: name, fill: colors[name] })),
    plot: {
      width: 980,
      height: 430,
      marginTop: 156,
      marginBottom: 52,
      marginLeft: 60,
      marginRight: 20,
      fx: { domain: sides.map(({ side }) => side), axis: null, padding: 0.1 },
      x: { label: "score", labelAnchor: "center", labelArrow: "none" },
      y: { label: "gradient", labelAnchor: "center", labelArrow: "none", grid: true },
      marks: [
        Plot.ruleX([0], { stroke: "#999", strokeDasharray: "3,3" }),
        Plot.ruleY([0], { stroke: "#222" }),
        Plot.lineY(points, {
          fx: "side",
          x: "score",
          y: "slope",
          z: "name",
          stroke: ({ name }) => colors[name as DrawnLoss],
          strokeWidth: 2.5,
        }),
        Plot.text(sides, {
          fx: "side",
          text: "side",
          frameAnchor: "top-left",
          dy: -18,
          fontSize: 14,
          fontWeight: "bold",
        }),
      ],
    },
  };
}

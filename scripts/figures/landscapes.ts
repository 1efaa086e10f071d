import * as Plot from "@observablehq/plot";
import type { Losses } from "../../src/index.ts";
import { lossOf } from "../../test/support/losses.ts";
import { colors } from "./colors.ts";
import type { Figure } from "./figure.ts";

const NEGATIVES = 10;
const REACH = 6;
const CAP = 12;
const names = ["zlpr", "sigmoidCrossEntropy", "zlprJoint", "lsep"] as const;

/** The losses as functions of one positive score and of ten equal negative ones. */
export function landscapes(losses: Losses): Figure {
  const labels = Uint8Array.from({ length: NEGATIVES + 1 }, (_, i) => Number(i === 0));
  const logits = new Float32Array(labels.length);
  function lossAt(negative: number, positive: number, name: (typeof names)[number]): number {
    logits.fill(negative);
    logits[0] = positive;
    return lossOf(losses, name)(logits, labels, { classes: labels.length, gradient: false, reduction: "sum" })
      .loss;
  }
  return {
    title: "Where the losses are low",
    explanation: [
      `A row of one positive class and ${NEGATIVES} negative classes with equal scores. A line for every nat; white is below 1, darkest above ${CAP}.`,
    ],
    plot: {
      width: 980,
      height: 350,
      marginTop: 104,
      marginBottom: 52,
      marginLeft: 60,
      marginRight: 20,
      facet: { data: names, x: names },
      fx: { domain: names, axis: null, padding: 0.08 },
      x: {
        domain: [-REACH, REACH],
        label: "score of the negative classes",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: {
        domain: [-REACH, REACH],
        label: "score of the positive class",
        labelAnchor: "center",
        labelArrow: "none",
      },
      color: {
        type: "linear",
        domain: [0, 4, 8, CAP],
        range: ["#ffffff", "#b3cde8", "#3f7fbf", "#08306b"],
        clamp: true,
      },
      marks: [
        Plot.contour({
          facet: "include",
          x1: -REACH - 1,
          y1: -REACH - 1,
          x2: REACH + 1,
          y2: REACH + 1,
          fill: (x: number, y: number, { fx }: { fx: (typeof names)[number] }) => lossAt(x, y, fx),
          stroke: "white",
          strokeWidth: 0.5,
          thresholds: Array.from({ length: CAP + 1 }, (_, i) => i),
          pixelSize: 6,
          clip: true,
        }),
        Plot.ruleX([0], { stroke: "#222", strokeDasharray: "3,3" }),
        Plot.ruleY([0], { stroke: "#222", strokeDasharray: "3,3" }),
        Plot.frame({ stroke: "#999" }),
        Plot.text(names, {
          fx: (name: string) => name,
          text: (name: string) => name,
          fill: (name: (typeof names)[number]) => colors[name],
          frameAnchor: "top-left",
          dy: -20,
          fontSize: 14,
          fontWeight: "bold",
        }),
      ],
    },
  };
}

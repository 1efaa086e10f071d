import * as Plot from "@observablehq/plot";
import type { Figure } from "../../scripts/figures/figure.ts";
import { shapeName } from "../data.ts";
import { digits } from "../table.ts";
import { type PeersReport, timingOf } from "./report.ts";

const LIMIT = "C, 128 bits";

const KINDS = {
  zlpr: { label: "zlpr", fill: "#1f5fbf" },
  fused: { label: "plain JavaScript, fused", fill: "#d9730d" },
  native: { label: "C, this processor's own instructions", fill: "#2e8b57" },
  library: { label: "other libraries", fill: "#9a9a9a" },
};

function kindOf(peer: string): keyof typeof KINDS {
  return peer in KINDS ? (peer as keyof typeof KINDS) : "library";
}

/** The time of loss and gradient, a bar for each method on each shape. */
export function peersFigure({ environment, shapes }: PeersReport): Figure {
  const bars = shapes.flatMap((shape) =>
    shape.methods.flatMap(({ method, peer }) => {
      const timing = timingOf(shape, method, "loss and gradient");
      return timing ? [{ shape: shapeName(shape), method, kind: kindOf(peer), ns: timing.nsPerLogit }] : [];
    }),
  );
  const limits = shapes.flatMap((shape) => {
    const timing = timingOf(shape, LIMIT, "exponentials alone");
    return timing ? [{ shape: shapeName(shape), ns: timing.nsPerLogit }] : [];
  });
  const middle = shapeName(shapes[Math.floor(shapes.length / 2)] ?? { rows: 0, classes: 0 });
  const order = bars
    .filter(({ shape }) => shape === middle)
    .sort((a, b) => a.ns - b.ns)
    .map(({ method }) => method);
  const times = bars.map(({ ns }) => ns);
  const [least, most] = [
    Math.floor(Math.log10(Math.min(...times))),
    Math.floor(Math.log10(Math.max(...times))),
  ];
  const from = 10 ** least;
  return {
    title: "zlpr beside other libraries: loss and gradient",
    explanation: [
      `Nanoseconds a logit on a logarithmic scale, by rows × classes; less is better. One thread, Node ${environment.node}, ${environment.cpu}.`,
      ...(limits.length > 0
        ? [`The dashed line is the time of C for e^s of each logit and nothing else, in vectors of 128 bits.`]
        : []),
    ],
    keys: Object.values(KINDS),
    plot: {
      width: 980,
      height: 170 + 24 * order.length,
      marginTop: 130,
      marginBottom: 46,
      marginLeft: 250,
      marginRight: 50,
      fx: { domain: shapes.map(shapeName), axis: null, padding: 0.24 },
      x: {
        type: "log",
        domain: [from, Math.max(...times)],
        label: "ns a logit",
        labelAnchor: "center",
        labelArrow: "none",
        grid: true,
        ticks: Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i)),
        tickFormat: (ns: number) => String(ns),
      },
      y: { domain: order, label: null, tickSize: 0 },
      marks: [
        Plot.barX(bars, {
          fx: "shape",
          x1: from,
          x2: "ns",
          y: "method",
          fill: ({ kind }) => KINDS[kind as keyof typeof KINDS].fill,
          insetTop: 1,
          insetBottom: 1,
        }),
        Plot.ruleX(limits, {
          fx: "shape",
          x: "ns",
          stroke: "#2e8b57",
          strokeDasharray: "4,3",
          strokeWidth: 1.5,
        }),
        Plot.text(bars, {
          fx: "shape",
          x: "ns",
          y: "method",
          text: ({ ns }) => digits(ns),
          textAnchor: "start",
          dx: 4,
          fontSize: 11,
          fill: "#222",
          stroke: "white",
          strokeWidth: 3,
        }),
        Plot.text(shapes.map(shapeName), {
          fx: (name: string) => name,
          text: (name: string) => name.replace("×", " × "),
          frameAnchor: "top-left",
          dy: -18,
          fontSize: 14,
          fontWeight: "bold",
        }),
      ],
    },
  };
}

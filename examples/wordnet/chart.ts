/** The learning curves as an SVG: micro and macro F1 on the validation split, side by side. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { CurvePoint } from "./experiment.ts";
import type { LossName } from "./train.ts";

const COLORS: Record<LossName, string> = { zlpr: "#1f5fbf", sigmoidCrossEntropy: "#d9730d" };

export function learningCurve(points: CurvePoint[]): string {
  const series = points.flatMap(({ loss, epoch, micro, macro }) => [
    { loss, epoch, average: "micro F1", f1: micro },
    { loss, epoch, average: "macro F1", f1: macro },
  ]);
  const epochs = Math.max(...points.map(({ epoch }) => epoch));
  const { document } = parseHTML("<html></html>");
  const svg = Plot.plot({
    document,
    width: 860,
    height: 430,
    marginTop: 84,
    marginBottom: 52,
    marginLeft: 56,
    marginRight: 20,
    style: { background: "white", color: "#222", fontFamily: "system-ui, sans-serif", fontSize: "13px" },
    color: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
    fx: { domain: ["micro F1", "macro F1"], label: null, padding: 0.05 },
    x: {
      label: "epochs",
      labelAnchor: "center",
      labelArrow: "none",
      domain: [0, epochs],
      ticks: epochs,
      tickFormat: "d",
    },
    y: {
      label: "F1 on the validation split, threshold 0",
      labelAnchor: "center",
      labelArrow: "none",
      grid: true,
      nice: true,
    },
    marks: [
      Plot.lineY(series, { x: "epoch", y: "f1", fx: "average", stroke: "loss", strokeWidth: 2 }),
      Plot.dot(series, { x: "epoch", y: "f1", fx: "average", fill: "loss", r: 2.5 }),
      ...heading(),
    ],
  });
  // As a file of its own it needs what a browser takes for granted within a page.
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return svg.outerHTML;
}

/** Title and legend, above the first panel: at the end of the lines, which run close together, there is no room. */
function heading(): Plot.Markish[] {
  const place = { fx: () => "micro F1", frameAnchor: "top-left", textAnchor: "start" } as const;
  return [
    Plot.text(["Linear model on WordNet 3.1: the same training with two losses"], {
      ...place,
      dy: -66,
      fontSize: 16,
      fontWeight: "bold",
    }),
    ...Object.entries(COLORS).map(([loss, color], i) =>
      Plot.text([`●  ${loss}`], {
        ...place,
        dx: 90 * i,
        dy: -40,
        fill: color,
        fontSize: 14,
      }),
    ),
  ];
}

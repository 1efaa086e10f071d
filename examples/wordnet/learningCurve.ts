/** The learning curves: micro and macro F1 on the validation split, side by side. */
import * as Plot from "@observablehq/plot";
import type { CurvePoint } from "./experiment.ts";
import { renderSvg } from "./svg.ts";

const COLORS = ["#1f5fbf", "#d9730d", "#2a8c5a", "#b03a6f", "#6b4fb3", "#8a6d1f", "#188a9c", "#c23b3b"];

const LEGEND_COLUMNS = 3;
const LEGEND_COLUMN_WIDTH = 265;
const LEGEND_ROW_HEIGHT = 22;

export function learningCurve(points: CurvePoint[]): string {
  const series = points.flatMap(({ epoch, microF1, macroF1, ...point }) => [
    { name: nameOf(point), epoch, measure: "micro F1", f1: microF1 },
    { name: nameOf(point), epoch, measure: "macro F1", f1: macroF1 },
  ]);
  const names = [...new Set(series.map(({ name }) => name))];
  const epochs = Math.max(...points.map(({ epoch }) => epoch));
  const legendHeight = LEGEND_ROW_HEIGHT * Math.ceil(names.length / LEGEND_COLUMNS);
  return renderSvg({
    width: 860,
    height: 408 + legendHeight,
    marginTop: 62 + legendHeight,
    marginBottom: 52,
    marginLeft: 56,
    marginRight: 20,
    color: { domain: names, range: names.map((_, i) => COLORS[i % COLORS.length]) },
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
      Plot.lineY(series, { x: "epoch", y: "f1", fx: "measure", stroke: "name", strokeWidth: 2 }),
      Plot.dot(series, { x: "epoch", y: "f1", fx: "measure", fill: "name", r: 2.5 }),
      ...heading(names, legendHeight),
    ],
  });
}

function nameOf({ title, hasThreshold }: Pick<CurvePoint, "title" | "hasThreshold">): string {
  return hasThreshold ? title : `${title}, best threshold`;
}

/** Title and legend, above the first panel: at the end of the lines, which run close together, there is no room. */
function heading(names: string[], legendHeight: number): Plot.Markish[] {
  const place = { fx: () => "micro F1", frameAnchor: "top-left", textAnchor: "start" } as const;
  return [
    Plot.text(["Linear model on WordNet 3.1: the same training, by loss"], {
      ...place,
      dy: -44 - legendHeight,
      fontSize: 16,
      fontWeight: "bold",
    }),
    ...names.map((name, i) =>
      Plot.text([name], {
        ...place,
        text: (text: string) => `●  ${text}`,
        dx: LEGEND_COLUMN_WIDTH * (i % LEGEND_COLUMNS),
        dy: -18 - legendHeight + LEGEND_ROW_HEIGHT * Math.floor(i / LEGEND_COLUMNS),
        fill: (text: string) => text,
        fontSize: 14,
      }),
    ),
  ];
}

/** All losses by their F1 on the test split: what they reach at the threshold 0, and at a tuned one. */
import * as Plot from "@observablehq/plot";
import type { Spread, Summary } from "./comparison.ts";
import { renderSideBySide } from "./svg.ts";

const AT_ZERO = "at threshold 0";
const TUNED = "at the threshold tuned on the validation split";
const COLORS = { [AT_ZERO]: "#d9730d", [TUNED]: "#1f5fbf" };

const NAMES_WIDTH = 242;
const PANEL_WIDTH = 315;
const MARGIN = 12;

const HEADING = { frameAnchor: "top-left", textAnchor: "start", fontSize: 14 } as const;

interface Point extends Spread {
  title: string;
  threshold: string;
}

export function comparisonChart(summaries: Summary[], seeds: number): string {
  const micro = panel(summaries, "microF1", "micro F1 on the test split");
  const macro = panel(summaries, "macroF1", "macro F1 on the test split");
  return renderSideBySide([
    {
      ...micro,
      width: NAMES_WIDTH + PANEL_WIDTH,
      marginLeft: NAMES_WIDTH,
      y: { ...micro.y, label: null, tickSize: 0 },
      marks: [...micro.marks, ...titleAndLegend()],
    },
    {
      ...macro,
      width: PANEL_WIDTH,
      marginLeft: MARGIN,
      y: { ...macro.y, axis: null },
      marks:
        seeds > 1 ? [...macro.marks, note(`mean ± standard deviation of ${seeds} trainings`)] : macro.marks,
    },
  ]);
}

function panel(summaries: Summary[], measure: "microF1" | "macroF1", label: string) {
  // Where a loss has no threshold of its own, what it reaches at 0 is chance.
  const points = summaries.flatMap(({ title, hasThreshold, [measure]: { atZero, tuned } }): Point[] => [
    ...(hasThreshold ? [{ title, threshold: AT_ZERO, ...atZero }] : []),
    { title, threshold: TUNED, ...tuned },
  ]);
  return {
    height: 138 + 28 * summaries.length,
    marginTop: 84,
    marginBottom: 46,
    marginRight: 20,
    color: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
    x: { label, labelAnchor: "center", labelArrow: "none", grid: true, nice: true, ticks: 5 },
    y: { domain: summaries.map(({ title }) => title), grid: true },
    marks: [
      Plot.link(points, {
        y: "title",
        x1: ({ mean, deviation }: Point) => mean - (deviation ?? 0),
        x2: ({ mean, deviation }: Point) => mean + (deviation ?? 0),
        stroke: "threshold",
        strokeWidth: 2,
      }),
      Plot.dot(points, { x: "mean", y: "title", fill: "threshold", r: 4 }),
    ],
  } satisfies Plot.PlotOptions;
}

function titleAndLegend(): Plot.Markish[] {
  const left = MARGIN - NAMES_WIDTH;
  return [
    Plot.text(["Linear model on WordNet 3.1, trained with each loss"], {
      ...HEADING,
      dx: left,
      dy: -66,
      fontSize: 16,
      fontWeight: "bold",
    }),
    ...Object.keys(COLORS).map((name, i) =>
      Plot.text([name], {
        ...HEADING,
        text: (text: string) => `●  ${text}`,
        dx: left + 150 * i,
        dy: -38,
        fill: (text: string) => text,
      }),
    ),
  ];
}

function note(text: string): Plot.Markish {
  return Plot.text([text], { ...HEADING, dy: -38, fontSize: 13 });
}

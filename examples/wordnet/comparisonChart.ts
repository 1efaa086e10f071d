/** All losses by their F1 on the test split: what they reach at the threshold 0, and at a tuned one. */
import * as Plot from "@observablehq/plot";
import type { Spread, Summary } from "./comparison.ts";
import { renderSvg } from "./svg.ts";

const AT_ZERO = "at threshold 0";
const TUNED = "at the threshold tuned on the validation split";
const COLORS = { [AT_ZERO]: "#d9730d", [TUNED]: "#1f5fbf" };

interface Point extends Spread {
  title: string;
  measure: string;
  threshold: string;
}

/** A loss without a threshold of its own has none at 0: whatever it reaches there is chance. */
export function comparisonChart(summaries: Summary[], seeds: number): string {
  const points = summaries.flatMap(({ title, hasThreshold, microF1, macroF1 }): Point[] =>
    [
      { title, measure: "micro F1", ...microF1 },
      { title, measure: "macro F1", ...macroF1 },
    ].flatMap(({ title, measure, atZero, tuned }) => [
      ...(hasThreshold ? [{ title, measure, threshold: AT_ZERO, ...atZero }] : []),
      { title, measure, threshold: TUNED, ...tuned },
    ]),
  );
  const position = { x: "mean", y: "title", fx: "measure" } as const;
  const left = { fx: () => "micro F1", frameAnchor: "top-left", textAnchor: "start" } as const;
  return renderSvg({
    width: 860,
    height: 150 + 30 * summaries.length,
    marginTop: 92,
    marginBottom: 46,
    marginLeft: 200,
    marginRight: 20,
    color: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
    fx: { domain: ["micro F1", "macro F1"], label: null, padding: 0.06 },
    x: { label: "F1 on the test split", labelAnchor: "center", labelArrow: "none", grid: true, nice: true },
    y: { domain: summaries.map(({ title }) => title), label: null, grid: true, tickSize: 0 },
    marks: [
      Plot.link(points, {
        ...position,
        x1: ({ mean, deviation }: Point) => mean - (deviation ?? 0),
        x2: ({ mean, deviation }: Point) => mean + (deviation ?? 0),
        stroke: "threshold",
        strokeWidth: 2,
      }),
      Plot.dot(points, { ...position, fill: "threshold", r: 4 }),
      Plot.text([`Linear model on WordNet 3.1 by loss: mean and standard deviation of ${seeds} trainings`], {
        ...left,
        dx: -200,
        dy: -74,
        fontSize: 16,
        fontWeight: "bold",
      }),
      ...Object.keys(COLORS).map((name, i) =>
        Plot.text([name], {
          ...left,
          text: (text: string) => `●  ${text}`,
          dx: -200 + 150 * i,
          dy: -50,
          fill: (text: string) => text,
          fontSize: 14,
        }),
      ),
    ],
  });
}

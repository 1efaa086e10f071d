/** The live curves of one measure, for both losses. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { byId, html } from "../dom.ts";
import { fixed } from "../format.ts";
import { TITLES } from "../losses.ts";
import { colorOf, onThemeChange } from "../theme.ts";
import { EPOCHS } from "./epochs.ts";
import { type Columns, emptyColumns, type Measure, withCheckpoint } from "./history.ts";
import type { Checkpoint } from "./messages.ts";
import { RACERS } from "./racers.ts";

const HEIGHT = 210;
const FONT = '12px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

interface CurvesOptions {
  title: string;
  measure: Measure;
  /** Whether the values are far apart, so that a logarithmic axis shows them better. */
  logarithmic: boolean;
}

export interface Curves {
  add(checkpoint: Checkpoint): void;
  clear(): void;
}

export function createCurves({ title, measure, logarithmic }: CurvesOptions): Curves {
  let columns = emptyColumns();
  const canvas = html("div", { class: "curves", role: "img", "aria-label": `${title}: nothing yet` });
  const figure = html("figure", {}, html("figcaption", {}, title), canvas);
  byId("charts").append(figure);

  const plot = new uPlot(optionsOf(canvas.clientWidth, logarithmic), asData(columns), canvas);
  new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height: HEIGHT })).observe(canvas);
  onThemeChange(() => plot.redraw(false, true));

  function show(): void {
    plot.setData(asData(columns));
    canvas.setAttribute("aria-label", `${title}: ${summaryOf(columns)}`);
  }

  return {
    add(checkpoint) {
      columns = withCheckpoint(columns, measure, checkpoint);
      show();
    },
    clear() {
      columns = emptyColumns();
      show();
    },
  };
}

function asData(columns: Columns): uPlot.AlignedData {
  return columns as [number[], ...number[][]];
}

function summaryOf([epochs, ...values]: Columns): string {
  if (epochs.length === 0) return "nothing yet";
  const latest = RACERS.map((racer, i) => `${TITLES[racer]} ${fixed(values[i][epochs.length - 1], 3)}`);
  return `${latest.join(", ")} after ${fixed(epochs[epochs.length - 1], 1)} epochs`;
}

function powersOfTen(_: uPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
}

function optionsOf(width: number, logarithmic: boolean): uPlot.Options {
  const axis: uPlot.Axis = {
    font: FONT,
    stroke: () => colorOf("--muted"),
    grid: { stroke: () => colorOf("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      // The last checkpoint lies a little beyond the end of its epoch.
      x: { time: false, range: (_, __, max) => [0, Math.max(EPOCHS, max ?? 0)] },
      y: logarithmic
        ? { distr: 3, range: (_, min, max) => [10 ** Math.floor(Math.log10(min ?? 1)), 1.2 * (max ?? 100)] }
        : { range: (_, __, max) => [0, Math.max(0.1, 1.05 * (max ?? 0))] },
    },
    axes: [
      { ...axis, size: 30, gap: 4, incrs: [1, 2, 5] },
      { ...axis, size: 40, gap: 4, ...(logarithmic ? { grid: { ...axis.grid, filter: powersOfTen } } : {}) },
    ],
    series: [
      {},
      ...RACERS.map((racer) => ({
        label: TITLES[racer],
        stroke: () => colorOf(`--${racer}`),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

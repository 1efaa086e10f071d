/** The page: a form, a table and a chart of what the worker tells. */
import uPlot from "./uplot/uPlot.esm.js";

const form = document.querySelector("form");
const button = document.querySelector("button");
const status = document.querySelector("[role=status]");
const rows = document.querySelector("#epochs");
const container = document.querySelector("#chart");

const HEIGHT = 260;
const FONT = "12px system-ui, sans-serif";

/** A colour of the style sheet: canvases do not take variables. */
const colorOf = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable);

/** An axis in the colours of the theme, asked for anew whenever it is drawn. */
function axis(options) {
  const line = { stroke: () => colorOf("--line"), width: 1 };
  const stroke = () => colorOf("--muted");
  return { stroke, font: FONT, labelFont: FONT, ticks: line, ...options, grid: { ...line, ...options.grid } };
}

function series(label, scale) {
  return {
    label,
    scale,
    stroke: () => colorOf(`--${scale}`),
    width: 2,
    points: { fill: () => colorOf("--page") },
  };
}

const chart = new uPlot(
  {
    width: container.clientWidth,
    height: HEIGHT,
    legend: { live: false, markers: { stroke: (plot, i) => `var(--${plot.series[i].scale})` } },
    scales: { x: { time: false }, loss: {}, f1: { range: [0, 1] } },
    axes: [
      axis({ label: "epoch", incrs: [1, 2, 5, 10] }),
      axis({ scale: "loss" }),
      axis({ scale: "f1", side: 1, grid: { show: false } }),
    ],
    series: [{ label: "epoch" }, series("training loss", "loss"), series("micro F1", "f1")],
  },
  [[], [], []],
  container,
);
new ResizeObserver(() => chart.setSize({ width: container.clientWidth, height: HEIGHT })).observe(container);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw(false, true));

/** What each epoch gave. */
let history = [];

function show(result) {
  history.push(result);
  const { epoch, loss, microF1, share, variant } = result;
  const row = rows.insertRow();
  for (const text of [epoch, loss.toFixed(3), microF1.toFixed(3), `${(100 * share).toFixed(1)} %`]) {
    row.insertCell().textContent = text;
  }
  chart.setData([
    history.map((one) => one.epoch),
    history.map((one) => one.loss),
    history.map((one) => one.microF1),
  ]);
  status.textContent = `Epoch ${epoch}, kernels: ${variant}`;
}

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => {
  if (data.epoch) return show(data);
  button.disabled = false;
  if (data.rows) {
    status.textContent = `${data.rows} embeddings of ${data.dimensions} dimensions, ${data.labels} labels`;
  }
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  history = [];
  rows.replaceChildren();
  button.disabled = true;
  const { loss, epochs, rate } = Object.fromEntries(new FormData(form));
  worker.postMessage({ loss, epochs: Number(epochs), rate: Number(rate) });
});

/** The page: a form, a table and a chart of what the worker tells. */
import uPlot from "./uplot/uPlot.esm.js";

const form = document.querySelector("form");
const button = document.querySelector("button");
const status = document.querySelector("[role=status]");
const rows = document.querySelector("#epochs");

const chart = new uPlot(
  {
    width: 640,
    height: 260,
    legend: { live: false },
    scales: { x: { time: false }, loss: {}, f1: { range: [0, 1] } },
    axes: [
      { label: "epoch", incrs: [1, 2, 5, 10] },
      { scale: "loss" },
      { scale: "f1", side: 1, grid: { show: false } },
    ],
    series: [
      { label: "epoch" },
      { label: "training loss", scale: "loss", stroke: "#b45309", width: 2 },
      { label: "micro F1", scale: "f1", stroke: "#1d4ed8", width: 2 },
    ],
  },
  [[], [], []],
  document.querySelector("#chart"),
);

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

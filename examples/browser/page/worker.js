/** Trains beside the page, which stays responsive. */
import { loadData } from "./data.js";
import { train } from "./train.js";

const data = await loadData(new URL("./data/", import.meta.url));

addEventListener("message", ({ data: options }) => {
  for (const result of train(data, options)) postMessage(result);
  postMessage({ done: true });
});
postMessage({ rows: data.train.rows, dimensions: data.dimensions, labels: data.labels.length });

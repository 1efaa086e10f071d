/** Charts as SVG files: what all of them share. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const STYLE = { background: "white", color: "#222", fontFamily: "system-ui, sans-serif", fontSize: "13px" };

function plot(options: Plot.PlotOptions) {
  const { document } = parseHTML("<html></html>");
  const svg = Plot.plot({ document, style: STYLE, ...options });
  // As a file of its own it needs what a browser takes for granted within a page.
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return svg;
}

export function renderSvg(options: Plot.PlotOptions): string {
  return plot(options).outerHTML;
}

/** Plots side by side: facets would share their scales. */
export function renderSideBySide(plots: (Plot.PlotOptions & { width: number; height: number })[]): string {
  let x = 0;
  const panels = plots.map((options) => {
    const svg = plot(options);
    svg.setAttribute("x", `${x}`);
    x += options.width;
    return svg.outerHTML;
  });
  const height = Math.max(...plots.map((options) => options.height));
  const size = `width="${x}" height="${height}" viewBox="0 0 ${x} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} style="background: white">${panels.join("")}</svg>`;
}

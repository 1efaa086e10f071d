/** Charts as SVG files: what all of them share. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const STYLE = { background: "white", color: "#222", fontFamily: "system-ui, sans-serif", fontSize: "13px" };

export function renderSvg(options: Plot.PlotOptions): string {
  const { document } = parseHTML("<html></html>");
  const svg = Plot.plot({ document, style: STYLE, ...options });
  // As a file of its own it needs what a browser takes for granted within a page.
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return svg.outerHTML;
}

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** One entry of a legend: a word beside a square of its color. */
export interface Key {
  label: string;
  fill: string;
  stroke?: string;
}

/** A plot with a title, an explanation below it and perhaps a legend. */
export interface Figure {
  title: string;
  explanation: string[];
  keys?: Key[];
  plot: Plot.PlotOptions & { width: number; height: number };
}

const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const LEFT = 20;

/** The figure as an SVG file. */
export function svgOf({ title, explanation, keys = [], plot }: Figure): string {
  const { document } = parseHTML("<html></html>");
  const svg = Plot.plot({
    document,
    ...plot,
    style: { background: "white", color: "#222", fontFamily: FONT, fontSize: "13px" },
  });
  // As a file of its own it needs what a browser takes for granted within a page.
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");

  function add(name: string, attributes: Record<string, string | number>, content = ""): void {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.setAttribute("text-anchor", "start");
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.textContent = content;
    svg.append(element);
  }

  add("text", { x: LEFT, y: 30, "font-size": 17, "font-weight": "bold", fill: "#222" }, title);
  explanation.forEach((line, i) => {
    add("text", { x: LEFT, y: 52 + 18 * i, "font-size": 13, fill: "#555" }, line);
  });
  const y = 64 + 18 * explanation.length;
  let x = LEFT;
  for (const { label, fill, stroke = fill } of keys) {
    add("rect", { x, y: y - 10, width: 11, height: 11, fill, stroke });
    add("text", { x: x + 18, y, "font-size": 13, fill: "#222" }, label);
    x += 48 + 8 * label.length;
  }
  return `${svg.outerHTML}\n`;
}

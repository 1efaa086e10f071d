/** The highest scores of a definition, for both models, around the threshold. */
import { byId, html } from "../dom.ts";
import { fixed } from "../format.ts";
import { TITLES } from "../losses.ts";
import type { Prediction } from "./messages.ts";
import { RACERS } from "./racers.ts";
import { highest, LIMIT, scoreBar } from "./ranking.ts";

const SHOWN = 14;

export interface Predictions {
  /** `right`: the labels that are known to be right, if any are. */
  show(prediction: Prediction, labels: string[], right: ReadonlySet<number>): void;
}

export function createPredictions(): Predictions {
  const rows = Array.from({ length: SHOWN }, createRow);
  byId("predictions").append(...rows.map(({ element }) => element));
  return {
    show({ scores }, labels, right) {
      const chosen = highest(
        RACERS.map((racer) => scores[racer]),
        SHOWN,
      );
      for (const [i, c] of chosen.entries()) {
        const values = RACERS.map((racer) => scores[racer][c]);
        rows[i].show(labels[c], right.has(c), values);
      }
    },
  };
}

function createRow() {
  const name = html("span", { class: "kind" });
  const mark = html("span", { class: "side" });
  const bars = RACERS.map((racer) => {
    const bar = html("span", { class: "bar" });
    const number = html("span", { class: "number" });
    const element = html(
      "span",
      { class: "score-bar", "data-loss": racer },
      html("span", { class: "visually-hidden" }, `${TITLES[racer]} `),
      html("span", { class: "bar-track", "aria-hidden": "true" }, bar),
      number,
    );
    return { bar, number, element };
  });
  const element = html(
    "li",
    {},
    html("span", { class: "kind-cell" }, name, mark),
    html("span", { class: "score-bars" }, ...bars.map((bar) => bar.element)),
  );
  return {
    element,
    show(label: string, isRight: boolean, values: number[]): void {
      name.textContent = label;
      mark.textContent = isRight ? "✓" : "";
      mark.title = isRight ? "right, says WordNet" : "";
      element.classList.toggle(
        "predicted",
        values.some((value) => value > 0),
      );
      for (const [i, value] of values.entries()) {
        const { left, width } = scoreBar(value);
        bars[i].bar.style.left = `${left}%`;
        bars[i].bar.style.width = `${width}%`;
        bars[i].bar.classList.toggle("beyond", Math.abs(value) > LIMIT);
        bars[i].element.classList.toggle("predicted", value > 0);
        bars[i].number.textContent = fixed(value, 2);
      }
    },
  };
}

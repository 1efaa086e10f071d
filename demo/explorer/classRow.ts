/** One class of the explorer: its label, its score on the number line, and what each loss does to it. */
import { html } from "../dom.ts";
import { fixed, signed } from "../format.ts";
import { LOSS_NAMES, type LossName, TITLES } from "../losses.ts";
import type { Verdict } from "./pushes.ts";
import { barOf, clampScore, LIMIT, placeOf } from "./scale.ts";
import { isRight, type Row } from "./state.ts";

/** A key moves a score by this; with Shift, or a page key, by ten times as much. */
const KEY_STEP = 0.1;

/** Shorter steps are not drawn. */
const LEAST_ARROW = 0.1;

const KEY_DIRECTIONS: Record<string, number> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
};

export interface ClassRow {
  element: HTMLElement;
  draw(row: Row, verdicts: Record<LossName, Verdict>, chosen: LossName, rate: number): void;
}

export interface ClassRowActions {
  move(score: number): void;
  toggle(): void;
}

export function createClassRow(tag: string, c: number, { move, toggle }: ClassRowActions): ClassRow {
  const label = html("button", { type: "button", class: "label" });
  const slider = html("input", {
    type: "range",
    min: -LIMIT,
    max: LIMIT,
    step: 0.001,
    "aria-label": `Score of ${tag}`,
  });
  const arrow = html("span", { class: "arrow", "aria-hidden": "true" });
  // No live region: the slider itself says its value.
  const score = html("span", { class: "score", "aria-hidden": "true" });
  const side = html("span", { class: "side", "aria-hidden": "true" });
  const cells = LOSS_NAMES.map(createPush);
  const element = html(
    "li",
    { class: "class-row" },
    html("span", { class: "tag" }, tag),
    label,
    html("span", { class: "line" }, slider, arrow),
    score,
    side,
    ...cells.map((cell) => cell.element),
  );

  label.addEventListener("click", toggle);
  slider.addEventListener("input", () => move(slider.valueAsNumber));
  slider.addEventListener("keydown", (event) => {
    const direction = KEY_DIRECTIONS[event.key];
    if (direction === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const steps = event.shiftKey && Math.abs(direction) === 1 ? 10 * direction : direction;
    move(slider.valueAsNumber + steps * KEY_STEP);
  });

  return {
    element,
    draw(row, verdicts, chosen, rate) {
      const value = row.scores[c];
      const right = isRight(row, c);
      element.classList.toggle("positive", row.positive[c]);
      element.classList.toggle("wrong", !right);
      label.textContent = row.positive[c] ? "positive" : "negative";
      label.setAttribute("aria-pressed", String(row.positive[c]));
      label.setAttribute("aria-label", `${tag} is positive`);
      slider.value = String(value);
      slider.setAttribute(
        "aria-valuetext",
        `${fixed(value, 2)}, ${value > 0 ? "predicted" : "not predicted"}, ${right ? "right" : "wrong"}`,
      );
      score.textContent = fixed(value, 2);
      side.textContent = right ? "✓" : "✗";
      drawArrow(arrow, value, value + rate * verdicts[chosen].pushes[c], chosen);
      for (const cell of cells) cell.draw(verdicts[cell.loss].pushes[c]);
    },
  };
}

function drawArrow(arrow: HTMLElement, from: number, target: number, loss: LossName): void {
  const to = clampScore(target);
  arrow.dataset.loss = loss;
  arrow.classList.toggle("left", to < from);
  arrow.hidden = Math.abs(to - from) < LEAST_ARROW;
  arrow.style.setProperty("--from", String(placeOf(Math.min(from, to)) / 100));
  arrow.style.setProperty("--to", String(placeOf(Math.max(from, to)) / 100));
}

interface Push {
  loss: LossName;
  element: HTMLElement;
  draw(push: number, longest?: number): void;
}

/** The push of one loss as a bar and a number. */
export function createPush(loss: LossName): Push {
  const bar = html("span", { class: "bar" });
  const number = html("span", { class: "number" });
  const element = html(
    "span",
    { class: "push", "data-loss": loss },
    html("span", { class: "visually-hidden" }, `${TITLES[loss]}: `),
    html("span", { class: "bar-track", "aria-hidden": "true" }, bar),
    // On the side that the bar leaves free.
    number,
  );
  return {
    loss,
    element,
    draw(push, longest) {
      const { left, width } = barOf(push, longest);
      bar.style.left = `${left}%`;
      bar.style.width = `${width}%`;
      number.textContent = signed(push, 3);
      element.classList.toggle("up", push > 0);
    },
  };
}

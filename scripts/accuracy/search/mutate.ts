import { stepped } from "../../../test/support/ulp.ts";
import { drawLabels, drawWeight, type Rows, suited } from "./rows.ts";
import type { Setting } from "./setting.ts";

/** A score beside another one: by a few units in the last place, by a small or a large step, or any. */
function moved(score: number, random: () => number): number {
  const kind = random();
  if (kind < 0.3) return stepped(score || 2 ** -149, Math.floor(random() * 33) - 16);
  if (kind < 0.75) return Math.fround(score + (random() - 0.5) * 10 ** -Math.floor(random() * 7));
  if (kind < 0.85) return Math.fround(score * (1 + (random() - 0.5) * 2 ** -Math.floor(random() * 20)));
  if (kind < 0.9) return -score;
  return Math.fround(random() * 12 - 6);
}

function movedLabel(label: number, random: () => number): number {
  const kind = random();
  if (kind < 0.6)
    return Math.min(1, Math.max(0, Math.fround(label + (random() - 0.5) * 10 ** -Math.floor(random() * 7))));
  return kind < 0.7 ? Number(random() < 0.5) : random();
}

/** Changes one or a few scores of a row, at times its labels or its weight. */
export function mutate(setting: Setting, rows: Rows, row: number, random: () => number): void {
  const { classes, logits, labels, weights } = rows;
  const from = row * classes;
  const any = () => from + Math.floor(random() * classes);
  const kind = random();
  if (setting.isWeighted && kind < 0.1) {
    weights[row] =
      random() < 0.5 ? drawWeight(random) : weights[row]! * (1 + random() * 2 ** -Math.floor(random() * 20));
    if (weights[row]! === Infinity) weights[row] = 1;
    return;
  }
  if (kind < 0.13) {
    labels.set(suited(setting, drawLabels(setting, classes, random)), from);
    return;
  }
  if (setting.labels === "soft" && kind < 0.35 && setting.loss !== "softmaxCrossEntropy") {
    const at = any();
    labels[at] = movedLabel(labels[at]!, random);
    return;
  }
  if (kind < 0.4) {
    logits[any()] = logits[any()]!;
    return;
  }
  if (kind < 0.45) {
    // All by the same step, which changes what rounds and leaves the differences.
    const step = (random() - 0.5) * 10 ** -Math.floor(random() * 5);
    for (let i = from; i < from + classes; i++) logits[i] = logits[i]! + step;
    return;
  }
  const count = random() < 0.7 ? 1 : 1 + Math.floor(random() * 4);
  for (let n = 0; n < count; n++) {
    const at = any();
    const next = moved(logits[at]!, random);
    if (Number.isFinite(next)) logits[at] = next;
  }
}

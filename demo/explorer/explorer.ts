/** Eight scores, four losses: what each would do about them. */
import { byId, html } from "../dom.ts";
import { fixed } from "../format.ts";
import { LOSS_NAMES, type LossName, TITLES } from "../losses.ts";
import { type Glide, glide } from "./animate.ts";
import { createClassRow, createPush } from "./classRow.ts";
import { PRESETS } from "./presets.ts";
import { descend, type Verdict, verdictsOf } from "./pushes.ts";
import { createSituation } from "./situation.ts";
import { CLASSES, type Row, TAGS, toggled, withScore, withScores } from "./state.ts";

/** Steps of the button for many. */
const MANY = 10;
/** The sums of a side reach beyond a single push. */
const LONGEST_SUM = 4;

export function openExplorer(): void {
  let row: Row = PRESETS[0].row;
  let moving: Glide | undefined;
  const form = byId<HTMLFormElement>("descent");
  const board = byId("board");

  const rows = TAGS.map((tag, c) =>
    createClassRow(tag, c, {
      move: (score) => touch(withScore(settled(), c, score)),
      toggle: () => touch(toggled(settled(), c)),
    }),
  );
  const situation = createSituation((preset) => go(preset.row));
  const sums = (["negatives", "positives"] as const).map(createSums);
  byId("classes").append(...rows.map(({ element }) => element), ...sums.map(({ element }) => element));

  const chosenLoss = (): LossName => new FormData(form).get("loss") as LossName;
  const rate = (): number => Number(new FormData(form).get("rate"));

  /** The row after whatever is moving has arrived. */
  function settled(): Row {
    moving?.finish();
    return row;
  }

  function draw(): void {
    const verdicts = verdictsOf(row);
    for (const classRow of rows) classRow.draw(row, verdicts, chosenLoss(), rate());
    for (const sum of sums) sum.draw(verdicts);
    for (const name of LOSS_NAMES) byId(`loss-${name}`).textContent = fixed(verdicts[name].loss, 3);
  }

  function change(next: Row): void {
    row = next;
    draw();
  }

  /** A change by the reader. */
  function touch(next: Row): void {
    situation.leave();
    change(next);
  }

  function go(target: Row): void {
    const start = settled();
    board.setAttribute("aria-busy", "true");
    moving = glide(
      start.scores,
      target.scores,
      (scores) => change(withScores(target, scores)),
      () => {
        moving = undefined;
        board.setAttribute("aria-busy", "false");
      },
    );
  }

  function step(count: number): void {
    let target = settled();
    for (let i = 0; i < count; i++) target = withScores(target, descend(target, chosenLoss(), rate()));
    situation.leave();
    go(target);
  }

  byId("step").addEventListener("click", () => step(1));
  byId("many-steps").addEventListener("click", () => step(MANY));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", draw);
  board.style.setProperty("--classes", String(CLASSES));
  draw();
}

/** What all classes of a side are pushed by together. */
function createSums(side: "negatives" | "positives") {
  const cells = LOSS_NAMES.map(createPush);
  const element = html(
    "li",
    { class: "sum-row", "data-side": side },
    html("span", { class: "sum-title" }, `All ${side} together`),
    ...cells.map((cell) => cell.element),
  );
  return {
    element,
    draw: (verdicts: Record<LossName, Verdict>) => {
      for (const cell of cells) cell.draw(verdicts[cell.loss][side], LONGEST_SUM);
    },
  };
}

/** The heads of the four columns, and the choice of one of them to descend on. */
export function createLossHeads(): void {
  byId("heads").append(
    ...LOSS_NAMES.map((name) =>
      html(
        "span",
        { class: "head", "data-loss": name, title: name },
        html("span", { class: "name" }, TITLES[name]),
        html("span", { id: `loss-${name}`, class: "loss" }),
      ),
    ),
  );
}

/** The situations to choose from, what there is to see in the chosen one, and the way back to it. */
import { byId, html } from "../dom.ts";
import { PRESETS, type Preset } from "./presets.ts";

export interface Situation {
  /** The scores or labels are now the reader's own: no remark on a preset is true of them. */
  leave(): void;
}

/** Begins with the first preset; `go` is called with every other that is chosen. */
export function createSituation(go: (preset: Preset) => void): Situation {
  const situation = byId("situation");
  const remark = byId("remark");
  const back = byId("back");
  const buttons = PRESETS.map(({ title }) => html("button", { type: "button" }, title));
  let chosen: Preset;
  let isLeft = false;

  function mark(): void {
    back.hidden = !isLeft;
    for (const [i, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(!isLeft && PRESETS[i] === chosen));
    }
  }

  function explain(preset: Preset): void {
    chosen = preset;
    isLeft = false;
    remark.textContent = preset.remark;
    // Keeps its height when another remark is shown: nothing may jump under a pointer that drags.
    situation.dataset.remark = preset.remark;
    back.textContent = `Back to “${preset.title}”`;
    mark();
  }

  function choose(preset: Preset): void {
    explain(preset);
    go(preset);
  }

  for (const [i, button] of buttons.entries()) button.addEventListener("click", () => choose(PRESETS[i]));
  back.addEventListener("click", () => {
    choose(chosen);
    // This button is gone, and the focus would go with it.
    buttons[PRESETS.indexOf(chosen)].focus();
  });
  byId("presets").append(...buttons);
  explain(PRESETS[0]);

  return {
    leave() {
      if (isLeft) return;
      isLeft = true;
      remark.textContent = `Your own situation, begun from “${chosen.title}”.`;
      mark();
    },
  };
}

/** The speed of this machine, measured in a worker. */
import type { Variant } from "zlpr";
import { type Shape, shapeName } from "../../bench/data.ts";
import { byId, html } from "../dom.ts";
import { grouped } from "../format.ts";
import { beginQuiet, endQuiet } from "../quiet.ts";
import { speedText, timesText } from "./figures.ts";
import type { CandidateName, Order, Report, Timing } from "./messages.ts";
import { SHAPES } from "./shapes.ts";

const TITLES: Record<CandidateName, string> = {
  zlpr: "zlpr",
  fused: "Plain JavaScript, one loop",
  tensorflow: "TensorFlow.js, composed",
};

const CANDIDATES = Object.keys(TITLES) as CandidateName[];

const VARIANTS: Record<Variant, string> = {
  relaxed: "WebAssembly with relaxed SIMD (fused multiply-add)",
  simd: "WebAssembly with SIMD",
  js: "plain JavaScript: WebAssembly with SIMD does not run here",
};

export function openSpeed(): void {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const buttons = [byId<HTMLButtonElement>("measure"), byId<HTMLButtonElement>("measure-all")];
  const status = byId("speed-status");
  const cards = new Map(SHAPES.map((shape) => [shapeName(shape), createCard(shape)]));
  byId("shapes").append(...[...cards.values()].map(({ element }) => element));
  let variant: Variant;
  let whatWaits = "";

  async function start(order: Order): Promise<void> {
    for (const button of buttons) button.disabled = true;
    for (const card of cards.values()) card.clear();
    // Whatever else computes makes the figures too slow.
    whatWaits = (await beginQuiet()) ? " The training is paused meanwhile." : "";
    worker.postMessage(order);
  }

  function stop(text: string): void {
    for (const button of buttons) button.disabled = false;
    status.textContent = text;
    endQuiet();
  }

  function hear(report: Report): void {
    switch (report.kind) {
      case "variant":
        variant = report.variant;
        return;
      case "progress":
        status.textContent = `${report.text} …${whatWaits}`;
        return;
      case "timing":
        cards.get(shapeName(report.timing.shape))?.show(report.timing);
        return;
      case "done":
        stop(`Your variant is ${variant}: ${VARIANTS[variant]}.`);
        return;
      case "failed":
        stop(`The measurement has failed: ${report.reason}`);
    }
  }

  worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
  worker.addEventListener("error", ({ message }) => hear({ kind: "failed", reason: message }));
  buttons[0].addEventListener("click", () => void start({ withTensorFlow: false }));
  buttons[1].addEventListener("click", () => void start({ withTensorFlow: true }));
}

/** The bars of one shape: the longer, the faster. */
function createCard(shape: Shape) {
  const timings = new Map<CandidateName, number>();
  const rows = CANDIDATES.map((candidate) => createBar(candidate));
  const element = html(
    "section",
    { class: "card shape", "data-shape": shapeName(shape) },
    html("h3", {}, `${grouped(shape.rows)} rows of ${grouped(shape.classes)} classes`),
    html("ul", { class: "speeds" }, ...rows.map((row) => row.element)),
  );

  function draw(): void {
    const fastest = Math.min(...timings.values());
    const own = timings.get("zlpr");
    for (const row of rows) row.draw(shape, timings.get(row.candidate), fastest, own);
  }

  draw();
  return {
    element,
    clear(): void {
      timings.clear();
      draw();
    },
    show({ candidate, nsPerCall }: Timing): void {
      timings.set(candidate, nsPerCall);
      draw();
    },
  };
}

function createBar(candidate: CandidateName) {
  const bar = html("span", { class: "speed-bar", "aria-hidden": "true" });
  const figures = html("span", { class: "speed-figures" });
  const times = html("span", { class: "times" });
  const element = html(
    "li",
    { "data-candidate": candidate },
    html("span", { class: "speed-title" }, TITLES[candidate]),
    figures,
    times,
    html("span", { class: "speed-track" }, bar),
  );
  return {
    candidate,
    element,
    draw(shape: Shape, ns: number | undefined, fastest: number, own: number | undefined): void {
      // TensorFlow.js is there only if it was asked for.
      element.hidden = candidate === "tensorflow" && ns === undefined;
      element.classList.toggle("empty", ns === undefined);
      bar.style.width = ns === undefined ? "0" : `${(100 * fastest) / ns}%`;
      figures.textContent = ns === undefined ? "not measured yet" : speedText(shape, ns);
      times.textContent =
        ns === undefined || own === undefined || candidate === "zlpr"
          ? ""
          : `zlpr is ${timesText(own, ns)} as fast`;
    },
  };
}

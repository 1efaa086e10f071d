import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CorpusText, ROWS_FILE, TEXT_FILE } from "../demo/data/format.ts";
import { PRESETS } from "../demo/explorer/presets.ts";
import { CLASSES, TAGS } from "../demo/explorer/state.ts";
import { LOSS_NAMES, LOSSES, type LossName } from "../demo/losses.ts";
import { corpusOf } from "../demo/train/corpus.ts";
import { Race } from "../demo/train/race.ts";
import { RACERS } from "../demo/train/racers.ts";
import { browserReason, openBrowser, openPage, serve } from "./support/browser.ts";

/* The playground, built and served as static files, in a browser; its numbers against the library's in Node. */

const PANELS = ["explore", "train", "speed"];
const FIRST_PAINT_LIMIT = 300_000;
const LEAST_CONTRAST = 4.5;
/** Phones, tablets, and windows around the width at which the board is laid out anew. */
const WIDTHS = [360, 390, 820, 1000, 1056, 1060, 1240];

const folder = fileURLToPath(new URL("../build/demo/", import.meta.url));
const run = promisify(execFile);

function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace("-", "−");
}

function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  if (Number(text.replace("−", "-")) === 0) return text.replace("−", "");
  return value > 0 ? `+${text}` : text;
}

describe.skipIf(browserReason)("the playground", () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    await run("npm", ["run", "demo:build"]);
    [browser, server] = await Promise.all([openBrowser(), serve(folder)]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function begin(): Promise<void> {
    ({ page, problems } = await openPage(browser));
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  }

  async function end(): Promise<void> {
    await page.close();
    expect(problems).toEqual([]);
  }

  async function open(panel = "explore"): Promise<void> {
    await page.goto(`${server.url}#${panel}`);
    if (panel === "train") await page.waitForSelector("#run:enabled");
    if (panel === "speed") await page.waitForSelector("#shapes section");
  }

  const slider = (c: number): Locator => page.getByRole("slider", { name: `Score of ${TAGS[c]}` });
  const settle = (): Promise<unknown> => page.waitForSelector('#board[aria-busy="false"]');

  /** The scores and the labels that the page shows. */
  async function readRow(): Promise<{ scores: number[]; labels: Uint8Array }> {
    const sliders = page.getByRole("slider");
    const scores = await sliders.evaluateAll((all) =>
      all.map((element) => Number((element as HTMLInputElement).value)),
    );
    const labels = await page
      .locator(".class-row .label")
      .evaluateAll((all) => all.map((element) => Number(element.getAttribute("aria-pressed") === "true")));
    expect(scores).toHaveLength(CLASSES);
    expect(await page.locator(".class-row .label").allTextContents()).toEqual(
      labels.map((label) => (label ? "positive" : "negative")),
    );
    return { scores, labels: Uint8Array.from(labels) };
  }

  function compute(name: LossName, { scores, labels }: Awaited<ReturnType<typeof readRow>>) {
    return LOSSES[name](Float32Array.from(scores), labels, { classes: CLASSES });
  }

  /** Every number of the explorer is what the library says of the scores and labels shown. */
  async function expectNumbersOfLibrary(): Promise<void> {
    await settle();
    const row = await readRow();
    expect(await page.locator(".class-row .score").allTextContents()).toEqual(
      row.scores.map((score) => fixed(score, 2)),
    );
    expect(await page.locator(".class-row .side").allTextContents()).toEqual(
      row.scores.map((score, c) => (score > 0 === (row.labels[c] === 1) ? "✓" : "✗")),
    );
    for (const name of LOSS_NAMES) {
      const { loss, grad } = compute(name, row);
      const pushes = Array.from(grad, (slope) => -slope);
      const sumOf = (label: number) =>
        pushes.reduce((sum, p, c) => sum + (row.labels[c] === label ? p : 0), 0);
      expect(await page.textContent(`#loss-${name}`), name).toBe(fixed(loss, 3));
      expect(await page.locator(`.push[data-loss=${name}] .number`).allTextContents(), name).toEqual(
        [...pushes, sumOf(0), sumOf(1)].map((push) => signed(push, 3)),
      );
    }
  }

  describe("as a page", () => {
    beforeEach(begin);
    afterEach(end);

    it("has a title, a description, a language and an icon that is no file", async () => {
      await open();
      expect(await page.title()).toContain("zlpr");
      expect(await page.getAttribute("html", "lang")).toBe("en");
      expect(await page.getAttribute('meta[name="description"]', "content")).toMatch(/.{50}/);
      expect(await page.getAttribute('link[rel="icon"]', "href")).toMatch(/^data:/);
    });

    it("loads less than 300 KB before it is used, and from its own folder alone", async () => {
      const files: string[] = [];
      page.on("request", (request) => files.push(request.url()));
      await page.goto(server.url, { waitUntil: "networkidle" });
      const loaded = files.filter((url) => !url.startsWith("data:"));
      expect(loaded.every((url) => url.startsWith(server.url))).toBe(true);
      const sizes = loaded.map((url) => {
        const path = url.slice(server.url.length) || "index.html";
        return gzipSync(readFileSync(folder + path)).length;
      });
      const total = sizes.reduce((sum, size) => sum + size, 0);
      expect(total).toBeGreaterThan(10_000);
      expect(total).toBeLessThan(FIRST_PAINT_LIMIT);
    });

    it("has tabs that keys and the address open", async () => {
      await open();
      const selected = () => page.locator('[role=tab][aria-selected="true"]').getAttribute("aria-controls");
      const visible = () => page.locator("[role=tabpanel]:visible").getAttribute("id");
      await page.locator("#tab-explore").focus();
      const keys = [
        ["ArrowRight", "train"],
        ["ArrowRight", "speed"],
        ["ArrowRight", "explore"],
        ["ArrowLeft", "speed"],
        ["Home", "explore"],
        ["End", "speed"],
      ] as const;
      for (const [key, panel] of keys) {
        await page.keyboard.press(key);
        expect([await selected(), await visible()], key).toEqual([panel, panel]);
        expect(await page.evaluate(() => document.activeElement?.id)).toBe(`tab-${panel}`);
        expect(new URL(page.url()).hash).toBe(`#${panel}`);
      }
      await page.click("#tab-train");
      expect([await selected(), await visible()]).toEqual(["train", "train"]);
      await page.reload();
      expect(await visible()).toBe("train");
    });

    it("is light or dark as the system is, until the reader chooses", async () => {
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await open();
      const light = await background();
      expect(await page.textContent("#theme")).toBe("Dark theme");
      await page.emulateMedia({ colorScheme: "dark" });
      const dark = await background();
      expect(dark).not.toBe(light);
      await page.getByRole("button", { name: "Light theme" }).click();
      expect(await background()).toBe(light);
      await page.reload();
      expect(await background()).toBe(light);
      await page.click("#theme");
      expect(await background()).toBe(dark);
    });
  });

  describe("explore", () => {
    beforeEach(begin);
    afterEach(end);

    it.each(PRESETS)("shows the library's numbers: $title", async ({ title, remark, row }) => {
      await open();
      await page.getByRole("button", { name: title }).click();
      await expectNumbersOfLibrary();
      expect(await page.textContent("#remark")).toBe(remark);
      const { scores, labels } = await readRow();
      expect(scores).toEqual(row.scores);
      expect(Array.from(labels, Boolean)).toEqual(row.positive);
    });

    const back = (): Locator => page.locator("#back");

    /** What only the reader does to the scores and labels of a preset. */
    const TOUCHES: [string, () => Promise<unknown>][] = [
      ["a key", () => slider(1).press("ArrowRight")],
      ["a pointer", () => slider(2).click({ position: { x: 40, y: 8 } })],
      ["a label", () => page.getByRole("button", { name: "cat is positive" }).click()],
      ["a step", () => page.click("#step")],
      ["ten steps", () => page.click("#many-steps")],
    ];

    it.each(TOUCHES)("leaves a preset by %s, and goes back to it by key", async (_, touch) => {
      const { title, remark, row } = PRESETS[3] as (typeof PRESETS)[number];
      await page.setViewportSize({ width: 390, height: 844 });
      await open();
      const pressed = () => page.locator('#presets [aria-pressed="true"]').allTextContents();
      const top = () =>
        page.locator("#board").evaluate((board) => board.getBoundingClientRect().top + scrollY);
      const preset = page.getByRole("button", { name: title, exact: true });
      await preset.click();
      const before = await top();
      expect(await pressed()).toEqual([title]);
      expect(await back().isVisible()).toBe(false);
      // Loss and learning rate are no part of the situation.
      await page.check("input[value=focal]");
      expect(await pressed()).toEqual([title]);

      await touch();
      await settle();
      expect(await pressed()).toEqual([]);
      expect(await page.textContent("#remark")).toBe(`Your own situation, begun from “${title}”.`);
      expect(await top()).toBe(before);
      await expectNumbersOfLibrary();

      await page.getByRole("slider").first().focus();
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Shift+Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(`Back to “${title}”`);
      await page.keyboard.press("Enter");
      await settle();
      expect(await pressed()).toEqual([title]);
      expect(await page.textContent("#remark")).toBe(remark);
      expect(await back().isVisible()).toBe(false);
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(title);
      const { scores, labels } = await readRow();
      expect(scores).toEqual(row.scores);
      expect(Array.from(labels, Boolean)).toEqual(row.positive);
    });

    it("moves scores by keys", async () => {
      await open();
      const keys = [
        ["ArrowRight", 0.1],
        ["ArrowUp", 0.1],
        ["ArrowLeft", -0.1],
        ["ArrowDown", -0.1],
        ["Shift+ArrowRight", 1],
        ["Shift+ArrowLeft", -1],
        ["PageUp", 1],
        ["PageDown", -1],
      ] as const;
      for (const [key, distance] of keys) {
        const before = (await readRow()).scores[2] as number;
        await slider(2).press(key);
        expect((await readRow()).scores[2], key).toBeCloseTo(before + distance, 6);
      }
      await slider(3).press("Home");
      await slider(4).press("End");
      const { scores } = await readRow();
      expect(scores.slice(3, 5)).toEqual([-6, 6]);
      await slider(4).press("ArrowRight");
      expect((await readRow()).scores[4]).toBe(6);
      await expectNumbersOfLibrary();
    });

    it("moves a score by pointer", async () => {
      await open();
      const box = (await slider(1).boundingBox()) as NonNullable<Awaited<ReturnType<Locator["boundingBox"]>>>;
      const middle = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width / 2, middle);
      await page.mouse.down();
      expect(Math.abs((await readRow()).scores[1] as number)).toBeLessThan(0.1);
      await page.mouse.move(box.x + box.width * 0.75, middle, { steps: 4 });
      await page.mouse.up();
      expect((await readRow()).scores[1]).toBeGreaterThan(2.5);
      await expectNumbersOfLibrary();
    });

    it("toggles every label", async () => {
      await open();
      for (const [c, tag] of TAGS.entries()) {
        const before = (await readRow()).labels;
        await page.getByRole("button", { name: `${tag} is positive` }).click();
        expect((await readRow()).labels).toEqual(before.map((label, i) => (i === c ? 1 - label : label)));
      }
      await expectNumbersOfLibrary();
    });

    it.each(LOSS_NAMES)("descends on %s", async (name) => {
      await open();
      await page.check(`input[value=${name}]`);
      for (const rate of [0.25, 1, 4]) {
        await page.selectOption("select[name=rate]", String(rate));
        const row = await readRow();
        const { grad } = compute(name, row);
        await page.click("#step");
        await settle();
        const { scores } = await readRow();
        for (const [c, score] of scores.entries()) {
          const target = (row.scores[c] as number) - rate * (grad[c] as number);
          expect(Math.abs(score - Math.min(6, Math.max(-6, target)))).toBeLessThan(0.000_51);
        }
        await expectNumbersOfLibrary();
      }
      const before = compute(name, await readRow()).loss;
      await page.selectOption("select[name=rate]", "0.25");
      await page.click("#many-steps");
      await settle();
      expect(compute(name, await readRow()).loss).toBeLessThan(before);
    });

    it("draws the push as an arrow from the score, and as a bar", async () => {
      await open();
      await page.selectOption("select[name=rate]", "4");
      const { grad } = compute("zlpr", await readRow());
      const arrows = await page
        .locator(".arrow")
        .evaluateAll((all) =>
          all.map((arrow) => [arrow.hasAttribute("hidden"), arrow.clientWidth, arrow.className]),
        );
      const bars = await page
        .locator(".class-row .push[data-loss=zlpr] .bar")
        .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
      const width = (await slider(0).boundingBox())?.width as number;
      const track = await page
        .locator(".class-row .bar-track")
        .first()
        .evaluate((element) => element.clientWidth);
      for (const [c, [hidden, length, className]] of arrows.entries()) {
        const step = 4 * Math.abs(grad[c] as number);
        expect(hidden).toBe(step < 0.1);
        if (!hidden) expect(length).toBeCloseTo((step / 12) * (width - 18), -0.5);
        if (!hidden) expect(className).toBe((grad[c] as number) > 0 ? "arrow left" : "arrow");
        expect(bars[c]).toBeCloseTo((Math.abs(grad[c] as number) / 2.4) * track, 0);
      }
    });

    it("glides to the next scores, or jumps where motion is not wanted", async () => {
      await page.emulateMedia({ reducedMotion: "no-preference" });
      await open();
      const busyAfterStep = () =>
        page.evaluate(() => {
          document.getElementById("step")?.click();
          return document.getElementById("board")?.getAttribute("aria-busy");
        });
      expect(await busyAfterStep()).toBe("true");
      await settle();
      await page.emulateMedia({ reducedMotion: "reduce" });
      expect(await busyAfterStep()).toBe("false");
      await expectNumbersOfLibrary();
    });
  });

  describe("train", () => {
    beforeEach(begin);
    afterEach(end);

    const text = () => JSON.parse(readFileSync(folder + TEXT_FILE, "utf8")) as CorpusText;

    function race(): Race {
      const { buffer } = Uint8Array.from(readFileSync(folder + ROWS_FILE));
      return new Race(corpusOf(text(), new Uint16Array(buffer)));
    }

    const figures = () => page.locator("#figures td").allTextContents();

    /** Trains with one batch in the page, and says what it shows then. */
    async function oneBatch(batches: number): Promise<string[]> {
      await page.click("#one-batch");
      await page.waitForFunction(
        (start) => document.getElementById("train-status")?.textContent?.startsWith(start),
        `${batches} ${batches === 1 ? "batch" : "batches"}, 0.0 epochs`,
      );
      return figures();
    }

    function figuresOf(runner: Race): string[] {
      const { figures } = runner.checkpoint();
      return RACERS.flatMap((racer) => {
        const { microF1, macroF1, loss } = figures[racer];
        return [microF1, macroF1, loss].map((value) => fixed(value, 3));
      });
    }

    it("shows what the same training gives in Node, at the chosen learning rate", async () => {
      await open("train");
      const inNode = race();
      const rates = [1, 1, 0.125, 4];
      for (const [i, rate] of rates.entries()) {
        await page.selectOption("#learning-rate", String(rate));
        inNode.step(rate);
        expect(await oneBatch(i + 1)).toEqual(figuresOf(inNode));
      }

      await page.fill("#definition", "a small dog kept indoors");
      const { scores, knownWords } = inNode.predict("a small dog kept indoors");
      await page.waitForFunction(
        (start) => document.getElementById("known")?.textContent?.startsWith(start),
        `${knownWords} known words.`,
      );
      const mean = (c: number) => RACERS.reduce((sum, racer) => sum + (scores[racer][c] as number), 0);
      const labels = text().labels;
      const best = [...labels.keys()].sort((a, b) => mean(b) - mean(a) || a - b).slice(0, 14);
      expect(await page.locator(".kind").allTextContents()).toEqual(best.map((c) => labels[c]));
      expect(await page.locator(".score-bar .number").allTextContents()).toEqual(
        best.flatMap((c) => RACERS.map((racer) => fixed(scores[racer][c] as number, 2))),
      );
      expect(
        await page
          .locator(".score-bar")
          .evaluateAll((bars) => bars.map((bar) => bar.classList.contains("predicted"))),
      ).toEqual(best.flatMap((c) => RACERS.map((racer) => (scores[racer][c] as number) > 0)));
    });

    it.each(["", "qqqq zzzz"])("says that of “%s” it shows the bias alone", async (definition) => {
      await open("train");
      const inNode = race();
      inNode.step(1);
      await oneBatch(1);
      await page.fill("#definition", definition);
      await page.getByText("No known words: these are the scores of the bias alone").waitFor();
      const { scores } = inNode.predict("");
      const best = Math.max(
        ...Array.from(scores.zlpr, (s, c) => s + (scores.sigmoidCrossEntropy[c] as number)),
      );
      const [first, second] = await page.locator(".score-bar .number").allTextContents();
      const shown = [first, second].map((number) => Number(number?.replace("−", "-")));
      expect((shown[0] as number) + (shown[1] as number)).toBeCloseTo(best, 1);
      await page.fill("#definition", "a dog");
      await page.getByText("1 known word.").waitFor();
    });

    it("ends close together at a good learning rate; at a low one zlpr gets there sooner", () => {
      const leadAfter = (epochs: number, rate: number): number => {
        const runner = race();
        while (runner.epoch < epochs) runner.step(rate);
        const { zlpr, sigmoidCrossEntropy } = runner.checkpoint().figures;
        return zlpr.microF1 - sigmoidCrossEntropy.microF1;
      };
      expect(Math.abs(leadAfter(3, 1))).toBeLessThan(0.02);
      expect(leadAfter(1, 0.125)).toBeGreaterThan(0.1);
    });

    it("trains until it is paused, draws the curves, and begins anew", async () => {
      await open("train");
      const first = await oneBatch(1);
      await page.click("#run");
      await page.waitForFunction(() => document.getElementById("run")?.textContent === "Pause");
      expect(await page.isDisabled("#one-batch")).toBe(true);
      await page.waitForFunction(() =>
        /, [1-9]\.\d epochs/.test(document.getElementById("train-status")?.textContent ?? ""),
      );
      await page.click("#run");
      await page.waitForSelector("#one-batch:enabled");
      const status = await page.textContent("#train-status");
      const paused = await figures();
      const labels = await page
        .locator(".curves")
        .evaluateAll((all) => all.map((curve) => curve.getAttribute("aria-label")));
      expect(labels).toHaveLength(3);
      for (const [i, label] of labels.entries()) {
        expect(label).toContain(`zlpr ${paused[i]}, BCE ${paused[i + 3]}`);
      }
      // Learned in an epoch, by both.
      expect(Number(paused[0])).toBeGreaterThan(0.6);
      expect(Number(paused[3])).toBeGreaterThan(0.6);
      const drawn = await page.locator(".curves canvas").evaluateAll((all) =>
        all.map((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const context = (canvas as HTMLCanvasElement).getContext("2d") as CanvasRenderingContext2D;
          const { data } = context.getImageData(0, 0, width, height);
          const ends: Record<string, number> = {};
          for (let i = 0; i < data.length; i += 4) {
            const color = data.slice(i, i + 3).join();
            if (data[i + 3] === 255) ends[color] = Math.max(ends[color] ?? 0, ((i / 4) % width) / width);
          }
          return ends;
        }),
      );
      const epochs = Number(/, ([\d.]+) epochs/.exec(status ?? "")?.[1]);
      for (const ends of drawn) {
        for (const color of ["31,95,191", "217,115,13"]) {
          // The axis has room for ten epochs, of which these are the first.
          expect(ends[color]).toBeGreaterThan(0.05);
          expect(ends[color]).toBeLessThan(0.2 + epochs / 10);
        }
      }
      expect(await page.textContent("#train-status")).toBe(status);

      await page.click("#reset");
      await page.waitForFunction(() => document.querySelector("#figures td")?.textContent === "–");
      expect(await page.locator(".curves").first().getAttribute("aria-label")).toContain("nothing yet");
      expect(await oneBatch(1)).toEqual(first);
    });

    it("says what is missing", async () => {
      await page.route(`**/${ROWS_FILE}`, (route) => route.fulfill({ status: 404 }));
      await page.goto(`${server.url}#train`);
      await page.getByText(`${ROWS_FILE}: 404`).waitFor();
      expect(await page.textContent("#train-status")).toMatch(/^The training has failed: /);
      expect(await page.isDisabled("#run")).toBe(true);
    });

    it("marks what WordNet says of a definition that the models have not seen", async () => {
      await open("train");
      const { samples, labels } = text();
      for (let i = 0; i < 2; i++) {
        const before = await page.inputValue("#definition");
        await page.click("#sample");
        const definition = await page.inputValue("#definition");
        expect(definition).not.toBe(before);
        const sample = samples.find((known) => known.definition === definition);
        await page.waitForFunction(
          (noun) => document.getElementById("known")?.textContent?.includes(`“${noun}”`),
          sample?.noun,
        );
        const right = sample?.labels.map((c) => labels[c]);
        const marks = await page
          .locator(".kind-cell")
          .evaluateAll((all) => all.map((cell) => cell.textContent));
        for (const mark of marks)
          expect(mark?.endsWith("✓")).toBe(right?.includes(mark?.replace("✓", "") ?? ""));
      }
    });
  });

  describe("speed", () => {
    beforeEach(begin);
    afterEach(end);

    const PARTS = /^([\d.]+)( [kM])? rows\/s, ([\d.,]+) ns a logit$/;
    const UNITS: Record<string, number> = { " k": 1e3, " M": 1e6 };

    /** The speeds in a card, in rows a second, and the ratios beside them. */
    async function readCard(shape: string) {
      const [rows, classes] = shape.split("×").map(Number) as [number, number];
      const lines = await page.locator(`[data-shape="${shape}"] li:visible`).all();
      return Promise.all(
        lines.map(async (line) => {
          const figures = (await line.locator(".speed-figures").textContent()) ?? "";
          const [, number, unit = "", ns = ""] = PARTS.exec(figures) ?? [];
          const speed = Number(number) * (UNITS[unit] ?? 1);
          expect(speed, figures).toBeGreaterThan(0);
          // Both come from the same time.
          const fromLogit = 1e9 / (Number(ns.replaceAll(",", "")) * classes);
          expect(Math.abs(fromLogit / speed - 1), `${figures}, ${rows}`).toBeLessThan(0.06);
          return { speed, times: (await line.locator(".times").textContent()) ?? "" };
        }),
      );
    }

    it("measures in a worker, with TensorFlow.js and without", async () => {
      await open("speed");
      await page.click("#measure-all");
      expect(await page.isDisabled("#measure")).toBe(true);
      // Meanwhile the page answers.
      await page.click("#tab-explore");
      await slider(0).press("ArrowRight");
      await expectNumbersOfLibrary();
      await page.click("#tab-speed");
      await page.waitForSelector("#measure:enabled");
      expect(await page.textContent("#speed-status")).toMatch(/^Your variant is (relaxed|simd): WebAssembly/);
      for (const shape of ["4096×16", "1024×64", "256×1000"]) {
        const speeds = await readCard(shape);
        expect(speeds).toHaveLength(3);
        for (const { speed, times } of speeds.slice(1)) {
          const ratio = Number(/^zlpr is ([\d.,]+) × as fast$/.exec(times)?.[1]?.replaceAll(",", ""));
          expect(Math.abs(ratio / ((speeds[0]?.speed as number) / speed) - 1), times).toBeLessThan(0.06);
        }
      }
      await page.click("#measure");
      await page.waitForSelector("#measure:enabled");
      expect(await readCard("256×1000")).toHaveLength(2);
    });

    it("pauses the training while it measures", async () => {
      await open("train");
      await page.click("#run");
      await page.waitForFunction(() => document.getElementById("run")?.textContent === "Pause");
      // What the page says while it measures: some of it may be gone before a test can look.
      await page.evaluate(() => {
        const textOf = (id: string) => document.getElementById(id)?.textContent;
        const said: unknown[] = [];
        Object.assign(window, { said });
        const note = () => said.push([textOf("speed-status"), textOf("train-status"), textOf("train-held")]);
        new MutationObserver(note).observe(document.getElementById("speed-status") as Node, {
          childList: true,
          characterData: true,
          subtree: true,
        });
      });
      await page.click("#tab-speed");
      await page.click("#measure");
      await page.waitForSelector("#train-held:not([hidden])", { state: "attached" });
      for (const button of ["#run", "#one-batch", "#reset"]) expect(await page.isDisabled(button)).toBe(true);
      await page.waitForSelector("#measure:enabled");
      const said = await page.evaluate(() => (window as unknown as { said: string[][] }).said);
      const measuring = said.filter(([speed]) => speed?.startsWith("Measuring"));
      for (const shape of ["4096×16", "1024×64", "256×1000"]) {
        const text = `Measuring ${shape} … The training is paused meanwhile.`;
        expect(measuring.map(([speed]) => speed)).toContain(text);
      }
      // It stands still: what was said of it before, when the button was pressed, may have been on its way.
      const statuses = new Set(measuring.map(([, training]) => training));
      expect(statuses.size).toBe(1);
      const [status] = statuses;
      // Then it goes on by itself.
      await page.click("#tab-train");
      await page.waitForSelector("#train-held", { state: "hidden" });
      await page.waitForFunction(() => document.getElementById("run")?.textContent === "Pause");
      await page.waitForFunction(
        (old) => document.getElementById("train-status")?.textContent !== old,
        status,
      );
      await page.click("#run");
      await page.waitForSelector("#one-batch:enabled");

      // What does not run is not started either, nor can it be before the measurement ends.
      await page.click("#tab-speed");
      await page.click("#measure");
      await page.waitForSelector("#run:disabled", { state: "attached" });
      await page.waitForSelector("#measure:enabled");
      expect(await page.textContent("#run")).toBe("Train");
      expect(await page.isDisabled("#run")).toBe(false);
    });

    it("keeps a training that is opened meanwhile from starting", async () => {
      await open("speed");
      await page.click("#measure-all");
      await page.click("#tab-train");
      await page.waitForSelector("#sample:enabled");
      expect(await page.isVisible("#train-held")).toBe(true);
      expect(await page.isDisabled("#run")).toBe(true);
      await page.waitForSelector("#run:enabled");
      expect(await page.isVisible("#train-held")).toBe(false);
    });
  });

  describe.each(PANELS)("for everyone: %s", (panel) => {
    beforeAll(async () => {
      await begin();
      await open(panel);
    });
    afterAll(end);

    it("has a name for every control", async () => {
      const session = await page.context().newCDPSession(page);
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const focusable = nodes.filter(
        (node) =>
          !node.ignored &&
          node.role?.value !== "RootWebArea" &&
          node.properties?.some(({ name, value }) => name === "focusable" && value.value),
      );
      expect(focusable.length).toBeGreaterThan(6);
      expect(focusable.filter((node) => !node.name?.value).map((node) => node.role?.value)).toEqual([]);
    });

    it("reaches every control by the tab key, with a visible focus", async () => {
      const expected = await page.evaluate(() => {
        const controls = document.querySelectorAll<HTMLElement>("a[href], button, input, select");
        return [...controls].filter((control) => {
          const { disabled, type, checked } = control as HTMLInputElement;
          const isOffered = type !== "radio" || checked;
          return control.checkVisibility() && !disabled && control.tabIndex >= 0 && isOffered;
        }).length;
      });
      const reached = new Set<number>();
      // Once more for the page itself, which has the focus between the last control and the first.
      for (let i = 0; i <= expected; i++) {
        await page.keyboard.press("Tab");
        const { at, outline } = await page.evaluate(() => {
          const active = document.activeElement as HTMLElement;
          const at = [...document.body.querySelectorAll("*")].indexOf(active);
          return { at, outline: getComputedStyle(active).outlineStyle };
        });
        if (at < 0) continue;
        expect(outline).toBe("solid");
        reached.add(at);
      }
      expect(reached.size).toBe(expected);
    });

    it("has enough contrast, light and dark", async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const texts = await page.evaluate(contrasts);
        expect(texts.length).toBeGreaterThan(10);
        expect(texts.filter(({ ratio }) => ratio < LEAST_CONTRAST)).toEqual([]);
      }
    });

    it("fits phones, tablets and windows", async () => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width} px`).toBe(width);
      }
    });
  });
});

/** Runs in the page: the contrast of every text that is seen, as the WCAG define it. */
function contrasts(): { text: string; ratio: number }[] {
  const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = channels(color).map((c) =>
      c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element: Element | null): string => {
    if (element === null) return "rgb(255, 255, 255)";
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 ? backgroundOf(element.parentElement) : backgroundColor;
  };
  const withText = [...document.body.querySelectorAll("*")].filter(
    (element) =>
      element.checkVisibility() &&
      !element.matches(".visually-hidden, script, option") &&
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()),
  );
  return withText.map((element) => {
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))];
    return { text: element.textContent ?? "", ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
  });
}

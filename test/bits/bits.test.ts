import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser, openPage, serve } from "../support/browser.ts";
import { firefoxReason, postedInFirefox } from "../support/firefox.ts";
import { differences, type Hashes, hashesOfAll } from "./cases.ts";

/* The bits of the variant "simd" here and in browsers; `npm run bits` compares them on all versions of Node. */

const PATIENCE = 300_000;

const right = JSON.parse(readFileSync(new URL("bits.json", import.meta.url), "utf8")) as Hashes;

describe("the bits of all results", () => {
  it(`are those that are committed, on Node ${process.versions.node}`, { timeout: PATIENCE }, async () => {
    expect(differences(await hashesOfAll(), right)).toEqual([]);
  });

  it("are told apart by name", () => {
    const [group = "", other = ""] = Object.keys(right);
    const [title = ""] = Object.keys(right[group] ?? {});
    const changed = { ...right, [group]: { ...right[group], [title]: "0" } };
    expect(differences(changed, right)).toEqual([`${group}: ${title}`]);
    const { [other]: cases = {}, ...rest } = right;
    expect(differences(rest, right)).toEqual(Object.keys(cases).map((each) => `${other}: ${each}`));
    expect(differences(right, rest)).toEqual(differences(rest, right));
  });
});

/** A page with the cases, which posts their hashes where it is asked to. */
const PAGE = `<!doctype html><title>bits</title><script src="cases.js"></script><script>
  if (location.hash === "#post") {
    const text = cases.hashesOfAll().then(JSON.stringify, String);
    text.then((body) => fetch("/", { method: "POST", body }));
  }
</script>`;

describe("the bits of all results in a browser", () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zlpr-bits-"));
    writeFileSync(join(folder, "index.html"), PAGE);
    await build({
      entryPoints: [fileURLToPath(new URL("cases.ts", import.meta.url))],
      outfile: join(folder, "cases.js"),
      bundle: true,
      format: "iife",
      globalName: "cases",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(browserReason)("are those that are committed: Chromium", { timeout: PATIENCE }, async () => {
    const [server, browser] = await Promise.all([serve(folder), openBrowser()]);
    try {
      const { page, problems } = await openPage(browser);
      await page.goto(server.url);
      const got = await page.evaluate<Hashes>("cases.hashesOfAll()");
      expect(problems).toEqual([]);
      expect(differences(got, right)).toEqual([]);
    } finally {
      await Promise.all([server.close(), browser.close()]);
    }
  });

  it.skipIf(firefoxReason)("are those that are committed: Firefox", { timeout: PATIENCE }, async () => {
    const got = JSON.parse(await postedInFirefox(folder, "#post")) as Hashes;
    expect(differences(got, right)).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, openBrowser, openPage, serve } from "../support/browser.ts";
import { differences, type Hashes, hashesOfAll } from "./cases.ts";

/* The bits of the variant "simd" here and in a browser; `npm run bits` compares them on all versions of Node. */

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

describe.skipIf(browserReason)("the bits of all results in a browser", () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "zlpr-bits-"));
    writeFileSync(
      join(folder, "index.html"),
      '<!doctype html><title>bits</title><script src="cases.js"></script>',
    );
    const entry = fileURLToPath(new URL("cases.ts", import.meta.url));
    await build({
      entryPoints: [entry],
      outfile: join(folder, "cases.js"),
      bundle: true,
      format: "iife",
      globalName: "cases",
    });
    [server, browser] = await Promise.all([serve(folder), openBrowser()]);
  });
  afterAll(async () => {
    await Promise.all([server?.close(), browser?.close()]);
    rmSync(folder, { recursive: true });
  });

  it("are those that are committed", { timeout: PATIENCE }, async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(server.url);
    const got = await page.evaluate<Hashes>("cases.hashesOfAll()");
    expect(problems).toEqual([]);
    expect(differences(got, right)).toEqual([]);
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createLosses } from "../src/index.ts";
import { claimsOf, examplesOf, show } from "./support/examples.ts";
import { allNames, boundsOf } from "./support/losses.ts";

/* The numbers in the examples of the documentation: all digits before the ellipsis have to be right. */

const losses = createLosses({ variant: "simd" });

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}

function startsLike(value: number, printed: string): void {
  expect(String(value).slice(0, printed.length - 1)).toBe(printed.slice(0, -1));
}

describe("the example", () => {
  it("of the README", () => {
    const [, loss = "", grad = ""] = /loss ([\d.]+…), .* grad \[(.+?), …\]/.exec(read("README.md")) ?? [];
    const logits = new Float32Array([2, -1, 0.5, -3, 1, 4]);
    const got = losses.zlpr(logits, new Uint8Array([1, 0, 0, 0, 0, 1]), { classes: 3 });
    startsLike(got.loss, loss);
    const printed = grad.split(", ");
    expect(printed).toHaveLength(3);
    for (const [i, text] of printed.entries()) startsLike(got.grad[i]!, text);
  });
});

describe("the Chinese README", () => {
  const speeds = (page: string) =>
    Array.from(read(page).matchAll(/^\| `(\w+)`.*?\| ([\d.]+) × \| ([\d.]+) × \|$/gm), (row) => row.slice(1));
  const code = (page: string) =>
    Array.from(read(page).matchAll(/^```\w+\n(.*?)^```$/gms), ([, text = ""]) =>
      text.replaceAll(/ *(\/\/|#) .*$/gm, ""),
    );

  it("has the figures of the other one", () => {
    expect(speeds("README.zh-CN.md").length).toBeGreaterThan(allNames.length - 1);
    expect(speeds("README.zh-CN.md")).toEqual(speeds("README.md"));
  });

  it("has no other code", () => {
    const known = code("README.md");
    for (const text of code("README.zh-CN.md")) expect(known).toContain(text);
  });
});

const lossPages = readdirSync(new URL("../docs/losses/", import.meta.url)).map(
  (file) => `docs/losses/${file}`,
);
const pages = ["docs/math.md", "docs/predict.md", ...lossPages];
/** The other pages. */
const guides = readdirSync(new URL("../docs/", import.meta.url))
  .filter((file) => file.endsWith(".md"))
  .map((file) => `docs/${file}`)
  .filter((page) => !pages.includes(page));

describe("the pages", () => {
  it.each(pages)("%s: every example gives what it prints", (page) => {
    const examples = examplesOf(read(page));
    expect(examples).not.toHaveLength(0);
    for (const example of examples) {
      const claims = claimsOf(example);
      expect(claims).toHaveLength(example.split("→").length - 1);
      expect(claims).not.toHaveLength(0);
      for (const claim of claims)
        expect(`${claim.line} → ${show(claim)}`).toBe(`${claim.line} → ${claim.printed}`);
    }
  });

  const documented = allNames.filter((name) => lossPages.includes(`docs/losses/${name}.md`));
  for (const name of allNames.filter((name) => !documented.includes(name))) {
    it.skip(`skipped: ${name} has no page in docs/losses`, () => {});
  }

  it.each(documented)("%s has one, which states the bounds that the tests apply", (name) => {
    const stated = /Loss within (\d+) ULP.+?gradient within (\d+) ULP/.exec(read(`docs/losses/${name}.md`));
    const { loss, grad } = boundsOf(name);
    expect(stated?.slice(1).map(Number)).toEqual([loss, grad]);
    expect(read("docs/losses/README.md")).toContain(`[\`${name}\`](${name}.md)`);
  });

  it.each(["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", ...guides, ...pages])(
    "%s: its links lead somewhere",
    (page) => {
      for (const [, path = "", anchor] of read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
        const target = new URL(
          path || page.slice(page.lastIndexOf("/") + 1),
          new URL(`../${page}`, import.meta.url),
        );
        expect(existsSync(target), path).toBe(true);
        if (anchor) expect(anchorsOf(readFileSync(target, "utf8"))).toContain(anchor);
      }
    },
  );
});

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(markdown: string): string[] {
  return Array.from(markdown.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

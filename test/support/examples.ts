import { compileFunction } from "node:vm";
import ts from "typescript";
import * as reference from "../../build/reference.ts";
import * as zlpr from "../../src/index.ts";

/* The examples in the pages of the documentation: what they print after an arrow is what the line before it gives. */

const modules: Record<string, object> = { zlpr, "zlpr/reference": reference };

/** What a line of an example gives, and what is printed behind it. */
export interface Claim {
  line: string;
  printed: string;
  value: unknown;
}

/** The examples of a page that use the package. */
export function examplesOf(markdown: string): string[] {
  return Array.from(markdown.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = ""]) => code).filter((code) =>
    code.includes('from "zlpr'),
  );
}

/** Runs an example. A claim is an expression, on a line of its own, and `// → ` with its value. */
export function claimsOf(code: string): Claim[] {
  const claims: Claim[] = [];
  const body = code
    .replaceAll(/^import (.+?) from "(.+?)";$/gm, 'const $1 = modules["$2"];')
    .replaceAll(
      /^(\s*)(.+); *\/\/ → (.+)$/gm,
      (_, indent, line, printed) =>
        `${indent}claims.push({ line: ${JSON.stringify(line)}, printed: ${JSON.stringify(printed)}, value: (${line}) });`,
    );
  const script = ts.transpile(body, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.None });
  compileFunction(`"use strict";\n${script}`, ["modules", "claims"])(modules, claims);
  return claims;
}

/** The value as it is to be printed where it agrees: digits behind an ellipsis are left out. */
export function show({ printed, value }: Claim): string {
  const isList = ArrayBuffer.isView(value) || Array.isArray(value);
  const values = isList ? Array.from(value as unknown as ArrayLike<unknown>) : [value];
  const texts = isList ? printed.slice(1, -1).split(", ") : [printed];
  const shown = values.map((x, i) => {
    const [head = "", tail = ""] = texts[i]?.split("…") ?? [];
    const full = String(x);
    return texts[i]?.includes("…") && full.startsWith(head) && full.endsWith(tail) ? texts[i] : full;
  });
  return isList ? `[${shown.join(", ")}]` : shown.join();
}

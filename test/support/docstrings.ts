import { readdirSync, readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import ts from "typescript";

/*
 * The examples in the documentation of the source. A comment tells what a statement gives: a JSON string, names of
 * properties with their numbers, or a number behind an arrow. It stands behind the statement, or on the line after it.
 *
 *     const { loss, grad } = zlpr(logits, labels, { classes: 3 });
 *     // loss 1.2310…, grad [-0.1192…, 0.1219…, 0.5465…]
 */

export interface DocExample {
  name: string;
  code: string;
}

/** What a statement gives, and what is printed for it. */
export interface Result {
  value: unknown;
  printed: string;
}

const source = new URL("../../src/", import.meta.url);

/** Every `@example` of a declaration that its file exports. */
export function docExamples(): DocExample[] {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(new URL(file, source), "utf8");
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    return tree.statements.flatMap((statement) => {
      const isExported =
        ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (!isExported) return [];
      return ts
        .getJSDocTags(statement)
        .filter(({ tagName }) => tagName.text === "example")
        .map(({ comment }) => ({ name: nameOf(statement), code: ts.getTextOfJSDocComment(comment) ?? "" }));
    });
  });
}

function nameOf(statement: ts.Statement): string {
  const declaration = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations[0]
    : (statement as ts.DeclarationStatement);
  return declaration?.name?.getText() ?? "";
}

const CLAIM = /^(?:".*"|→ .*|(?:[a-z]\w* (?:\[.*?\]|-?[\d.]+…?)(?:, |$))+)$/;

/** Makes every statement leave what it gives, and every comment that claims something record it. */
function instrument(code: string): string {
  const lines = code.split("\n").map((line) => {
    const [, indent = "", statement = "", comment = ""] = /^(\s*)(.*?)\s*(?:\/\/ (.*))?$/.exec(line) ?? [];
    const kept = statement
      .replace(/^const (\{.*?\}|\w+) = (.*);$/, "const $1 = (last = $2);")
      .replace(/^(?!const |throw |try|\}|await )(.*);$/, "last = ($1);");
    const record = CLAIM.test(comment)
      ? ` results.push({ value: last, printed: ${JSON.stringify(comment)} });`
      : "";
    return indent + kept + record;
  });
  return `let last; return (async () => { ${lines.join("\n")} })();`;
}

/** Runs an example with these names in scope. */
export async function resultsOf(code: string, scope: Record<string, unknown>): Promise<Result[]> {
  const results: Result[] = [];
  const names = Object.keys(scope);
  const run = compileFunction(`"use strict";\n${instrument(code)}`, [...names, "results"]);
  await run(...names.map((name) => scope[name]), results);
  return results;
}

/** The value in the form in which it is printed where it agrees: digits behind an ellipsis are left out. */
export function shownLike({ value, printed }: Result): string {
  if (printed.startsWith('"')) return JSON.stringify(value);
  if (printed.startsWith("→")) return `→ ${shown(value, printed.slice(2))}`;
  return printed.replaceAll(/(\w+) (\[.*?\]|-?\d[\d.]*…?)/g, (_, name: string, text: string) => {
    const property = (value as Record<string, unknown>)[name];
    if (!text.startsWith("[")) return `${name} ${shown(property, text)}`;
    const texts = text.slice(1, -1).split(", ");
    const numbers = Array.from(property as ArrayLike<number>, (number, i) => shown(number, texts[i] ?? ""));
    return `${name} [${numbers.join(", ")}]`;
  });
}

function shown(value: unknown, text: string): string {
  const full = String(value);
  return text.endsWith("…") ? `${full.slice(0, text.length - 1)}…` : full;
}

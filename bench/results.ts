import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeMajor } from "./environment.ts";

/** Writes a report, for programs and for people, under the version of Node that it was made with. */
export function writeResults(folder: string, report: object, markdown: string): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `node-${nodeMajor()}`);
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${file}.md`, markdown);
  console.error(`written to ${file}.json and ${file}.md`);
}

import { readFileSync } from "node:fs";

/* What Stryker reports of a part of the code: how many mutants the tests have found, and which they have not. */

interface Mutant {
  status: "Killed" | "Timeout" | "Survived" | "NoCoverage" | "CompileError" | "RuntimeError" | "Ignored";
  mutatorName: string;
  replacement?: string;
  location: { start: { line: number; column: number }; end: { line: number; column: number } };
}

/** A file of a report, as far as it is read here. */
type Files = Record<string, { source: string; mutants: Mutant[] }>;

export interface Tally {
  killed: number;
  timeout: number;
  survived: number;
  "no coverage": number;
  /** In percent: killed and timed out, of these and those not found. */
  score: number;
}

export function readReport(path: string): Files {
  return (JSON.parse(readFileSync(path, "utf8")) as { files: Files }).files;
}

export function tally(reports: readonly Files[]): Tally {
  const mutants = reports.flatMap((files) => Object.values(files)).flatMap((file) => file.mutants);
  const count = (status: Mutant["status"]) => mutants.filter((mutant) => mutant.status === status).length;
  const [killed, timeout] = [count("Killed"), count("Timeout")];
  const [survived, uncovered] = [count("Survived"), count("NoCoverage")];
  const found = killed + timeout;
  const score = Number(((100 * found) / (found + survived + uncovered)).toFixed(1));
  return { killed, timeout, survived, "no coverage": uncovered, score };
}

const LONGEST = 70;

/** Code on one line, cut where it is long. */
function inLine(code: string): string {
  const line = code.replace(/\s+/g, " ").trim();
  return `\`${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line}\``;
}

function codeAt(source: string, { start, end }: Mutant["location"]): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  lines.push((lines.pop() ?? "").slice(0, end.column - 1));
  lines[0] = lines[0]?.slice(start.column - 1) ?? "";
  return lines.join("\n");
}

/** The mutants that no test has found, a line each: where, what was mutated and into what. */
export function survivors(files: Files): string[] {
  return Object.entries(files).flatMap(([path, { source, mutants }]) =>
    mutants
      .filter(({ status }) => status === "Survived" || status === "NoCoverage")
      .map(({ status, mutatorName, replacement = "", location }) => {
        const place = `${path}:${location.start.line}:${location.start.column}`;
        const change = `${inLine(codeAt(source, location))} → ${inLine(replacement)}`;
        return `- ${place} ${mutatorName}${status === "NoCoverage" ? ", not covered" : ""}: ${change}`;
      }),
  );
}

import { type Output, standardOutput } from "./outputFile.js";

/** Writes a text to standard output, or where else a result goes. */
export function print(text: string, output: Output = standardOutput): void {
  // At once: what is buffered would be lost when the process ends.
  output.write((sink) => sink(Buffer.from(`${text}\n`)));
}

/** Tells on standard error what does not keep a command from its work. */
export function warn(warnings: readonly string[]): void {
  for (const warning of warnings) console.error(`zlpr: warning: ${warning}`);
}

/** JSON with all digits. Numbers that JSON has no words for are strings. */
export function json(value: unknown): string {
  return JSON.stringify(
    value,
    (_, member) => (typeof member === "number" && !Number.isFinite(member) ? String(member) : member),
    2,
  );
}

/** Lines whose columns are aligned: the first to the left, the others to the right. */
export function columns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [i, cell] of line.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A count with commas. Not by the locale functions, which take 10 ms to load. */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

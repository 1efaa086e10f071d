/** The header and the other rows. */
export type Table = [header: string[], rows: string[][]];

/** A table in plain text: the first column to the left, numbers to the right. */
export function formatTable(header: string[], rows: string[][]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const format = (line: string[]): string =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("   ");
  const rule = widths.map((width) => "─".repeat(width)).join("───");
  return [format(header), rule, ...rows.map(format)].join("\n");
}

/** The same in Markdown. */
export function formatMarkdown(header: string[], rows: string[][]): string {
  const format = (line: string[]): string => `| ${line.join(" | ")} |`;
  const rule = header.map((_, column) => (column === 0 ? "---" : "---:"));
  return [header, rule, ...rows].map(format).join("\n");
}

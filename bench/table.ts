/** A Markdown table whose columns are aligned, so that a terminal shows it well too. The first column is text. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => {
    const cells = widths.map((width, column) => {
      const text = row[column] ?? "";
      return column === 0 ? text.padEnd(width) : text.padStart(width);
    });
    return `| ${cells.join(" | ")} |`;
  });
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`,
  );
  lines.splice(1, 0, `|${rule.join("|")}|`);
  return lines.join("\n");
}

/** A number with three digits, or as many as it has before the point. */
export function digits(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

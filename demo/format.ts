/* Numbers as the page shows them. */

const MINUS = "−";

/** With so many digits after the point, and a minus sign as wide as the digits. */
export function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace("-", MINUS);
}

/** The same with its sign, but for what rounds to 0. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? MINUS : "+") + text;
}

/** 12,345,678 → "12.3 M": three digits. */
export function compact(value: number): string {
  const [divisor, unit] = value >= 1e6 ? [1e6, " M"] : value >= 1e3 ? [1e3, " k"] : [1, ""];
  return `${Number((value / divisor).toPrecision(3))}${unit}`;
}

/** "1 word", "2 words"; `plural` where it is not the singular with an s. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

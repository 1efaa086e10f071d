/* What is said of a timing. */
import type { Shape } from "../../bench/data.ts";
import { compact, fixed } from "../format.ts";

export function rowsASecond({ rows }: Shape, nsPerCall: number): number {
  return (rows * 1e9) / nsPerCall;
}

/** "9.1 M rows/s, 0.42 ns a logit". */
export function speedText(shape: Shape, nsPerCall: number): string {
  const nsPerLogit = nsPerCall / (shape.rows * shape.classes);
  return `${compact(rowsASecond(shape, nsPerCall))} rows/s, ${nsPerLogit < 10 ? fixed(nsPerLogit, 2) : fixed(nsPerLogit, 0)} ns a logit`;
}

/** "17 times as fast": how much faster one is than another. */
export function timesText(own: number, other: number): string {
  const times = other / own;
  return `${times < 10 ? fixed(times, 1) : fixed(times, 0)} ×`;
}

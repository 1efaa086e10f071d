/* What is said of a timing. */
import type { Shape } from "../../bench/data.ts";
import { compact, fixed, grouped } from "../format.ts";

function rowsASecond({ rows }: Shape, nsPerCall: number): number {
  return (rows * 1e9) / nsPerCall;
}

/** "9.1 M rows/s, 0.42 ns a logit". */
export function speedText(shape: Shape, nsPerCall: number): string {
  const nsPerLogit = nsPerCall / (shape.rows * shape.classes);
  return `${compact(rowsASecond(shape, nsPerCall))} rows/s, ${short(nsPerLogit, 2)} ns a logit`;
}

/** "5.0 ×": how many times as fast one is as another. */
export function timesText(own: number, other: number): string {
  return `${short(other / own, 1)} ×`;
}

/** Numbers from 10 on have no digits after the point. */
function short(value: number, digits: number): string {
  return value < 10 ? fixed(value, digits) : grouped(Math.round(value));
}

import { zlprSoft } from "./zlpr";

export function zlprDivergence(): f64 {
  return zlprSoft(true);
}

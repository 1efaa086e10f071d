import { expect } from "vitest";

declare module "vitest" {
  interface Matchers {
    /** Equal to the float32 next to a number, up to so many units in the last place; NaN and infinities exactly. */
    toBeCloseToFloat32(exact: number, units: number): void;
  }
}

expect.extend({
  toBeCloseToFloat32(got: number, exact: number, units: number) {
    const nearest = Math.fround(exact);
    const unit = Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(nearest))) - 23));
    const pass =
      Number.isFinite(nearest) && nearest !== 0
        ? Math.abs(got - exact) <= units * unit
        : Object.is(got, nearest) || (nearest === 0 && Math.abs(got) <= units * 2 ** -149);
    return { pass, message: () => `expected ${got} to be the float32 next to ${exact}` };
  },
});

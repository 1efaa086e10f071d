import { createLosses, LossError, type Variant } from "../../src/index.ts";

const VARIANTS: readonly Variant[] = ["relaxed", "simd", "js"];

/** The variants that run here. */
export function runnableVariants(): Variant[] {
  return VARIANTS.filter((variant) => {
    try {
      createLosses({ variant });
      return true;
    } catch (error) {
      if (error instanceof LossError && error.code === "UNSUPPORTED") return false;
      throw error;
    }
  });
}

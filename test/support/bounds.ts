/**
 * How far results may be from the exact value, in units in the last place of float32: what the documentation of the
 * losses promises, stated once. Tests enforce it; scripts/accuracy.ts measures against it.
 */
export const bounds = {
  zlpr: { loss: 2, grad: 4 },
  sigmoidCrossEntropy: { loss: 2, grad: 4 },
};

/** The same for the functions in assembly/math, each with the words in which its own comment states the bound. */
export const mathBounds = {
  exp: { ulp: 1.1, stated: "At most 1.1 ULP" },
  expScaled: { ulp: 1.2, stated: "At most 1.2 ULP" },
  log1p: { relative: 2 ** -36, stated: "Relative error at most 2^-36" },
};

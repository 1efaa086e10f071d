/**
 * How far the functions in assembly/math may be from the exact values: each bound with the words in which its own comment states
 * the bound. Those of `exp` and `log1p` are what `npm run accuracy` found at every number, rounded up.
 */
export const mathBounds = {
  exp: { ulp: 1.02, stated: "At most 1.02 ULP" },
  expScaled: { ulp: 1.2, stated: "At most 1.2 ULP" },
  exp64: { relative: 2 ** -49, stated: "Relative error at most 2^-49" },
  log1p: { ulp: 2.45, stated: "At most 2.45 ULP" },
  log1p64: { relative: 2 ** -36, stated: "Relative error at most 2^-36" },
};

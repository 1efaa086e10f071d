/**
 * Where a product of terms 1 + x, multiplied up so as to take one logarithm of many, is given up for its logarithm.
 * Half of float64's range is left for the next term.
 */
export const LARGE = 2 ** 500;

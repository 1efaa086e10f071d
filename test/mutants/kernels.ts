/* Faults that one could make in the kernels, each of which the tests have to find: scripts/mutants.ts builds them. */

/** A kernel with one fault. */
export interface KernelMutant {
  /** What is wrong in it. */
  fault: string;
  /** The file, in assembly/. */
  file: string;
  /** Where to begin to look, if what is replaced occurs before it as well. */
  after?: string;
  replace: string;
  by: string;
}

/** The source of that file with the fault. */
export function faulty(source: string, { fault, after, replace, by }: KernelMutant): string {
  const from = after === undefined ? 0 : source.indexOf(after);
  const at = from < 0 ? -1 : source.indexOf(replace, from);
  if (at < 0) throw new Error(`"${fault}": the source no longer has what is to be replaced`);
  return source.slice(0, at) + by + source.slice(at + replace.length);
}

export const kernelMutants: readonly KernelMutant[] = [
  // driver/vectors.ts: lanes and the ends of rows
  {
    fault: "the third class of a row's end is read into the fourth lane",
    file: "driver/vectors.ts",
    replace: "v = v128.load_lane<u32>(source, v, 2, 8)",
    by: "v = v128.load_lane<u32>(source, v, 3, 8)",
  },
  {
    fault: "the lanes of a row's end begin one too early",
    file: "driver/vectors.ts",
    replace: "(<usize>(3 - count)) << 2",
    by: "(<usize>(4 - count)) << 2",
  },
  {
    fault: "the labels of the second four of eight are taken for the first",
    file: "driver/vectors.ts",
    replace: "k & 1 ? v128.extend_high<u16>(eight) : v128.extend_low<u16>(eight)",
    by: "v128.extend_low<u16>(eight)",
  },
  {
    fault: "the first two lanes are added up twice",
    file: "driver/vectors.ts",
    replace: "v128.shuffle<i64>(v, v, 1, 1)",
    by: "v128.shuffle<i64>(v, v, 0, 0)",
  },
  {
    fault: "the third class of a row's end is not written",
    file: "driver/vectors.ts",
    replace: "if (count > 2) v128.store_lane<u32>(target, v, 2, 8);",
    by: "",
  },
  {
    fault: "the label of the third class of a row's end is not read",
    file: "driver/vectors.ts",
    replace: "if (count > 2) bytes |= (<u32>load<u8>(labels, 2)) << 16;",
    by: "",
  },

  // driver/sweep.ts: both passes of the losses of sums
  {
    fault: "the sums leave out the end of a row",
    file: "driver/sweep.ts",
    replace: "const rest = classes & 3;",
    by: "const rest = 0;",
  },
  {
    fault: "the sums have the lanes beyond the end of a row",
    file: "driver/sweep.ts",
    replace: "v128.and(v128.xor(expFrom(x, t, round), sign), tailLanes(rest))",
    by: "v128.xor(expFrom(x, t, round), sign)",
  },
  {
    fault: "the sums leave out a group of four",
    file: "driver/sweep.ts",
    replace: "(<usize>(classes & 12)) << 2",
    by: "(<usize>(classes & 8)) << 2",
  },
  {
    fault: "a group without positives adds its second four twice, and not its third",
    file: "driver/sweep.ts",
    replace: "positive = v128.add<f64>(positive, widen(e2));",
    by: "positive = v128.add<f64>(positive, widen(e1));",
  },
  {
    fault: "a group with positives leaves its last four out of the negative side",
    file: "driver/sweep.ts",
    replace: "positive = v128.add<f64>(positive, positiveParts(e3));",
    by: "",
  },
  {
    fault: "nobody looks whether the last four of sixteen scores are large",
    file: "driver/sweep.ts",
    replace: "seen = noted(noted(seen, x2, t2, isScaled), x3, t3, isScaled);",
    by: "seen = noted(seen, x2, t2, isScaled);",
  },
  {
    fault: "nobody looks whether the scores at the end of a row are large",
    file: "driver/sweep.ts",
    after: "const rest = classes & 3;",
    replace: "seen = noted(seen, x, t, isScaled);",
    by: "",
  },
  {
    fault: "the factors of both sides are exchanged",
    file: "driver/sweep.ts",
    replace: "v128.xor(negative, v128.and(v128.xor(negative, positive), below))",
    by: "v128.xor(positive, v128.and(v128.xor(negative, positive), below))",
  },
  {
    fault: "the gradient leaves out the end of a row",
    file: "driver/sweep.ts",
    after: "export function multiplySides(",
    replace: "const rest = classes & 3;",
    by: "const rest = 0;",
  },

  // driver/range.ts and driver/careful.ts: large scores
  {
    fault: "scores of up to 90 are taken for moderate",
    file: "driver/range.ts",
    replace: "export const MODERATE: f32 = 40;",
    by: "export const MODERATE: f32 = 90;",
  },
  {
    fault: "one more bit of t is taken for in range",
    file: "driver/range.ts",
    replace: "i32x4.splat(0x400000ff)",
    by: "i32x4.splat(0x400001ff)",
  },
  {
    fault: "no sum is too large or too small for the fast path",
    file: "driver/range.ts",
    replace: "return !(max(a, b) <= GREATEST_SUM && a + b >= LEAST_SUM);",
    by: "return false;",
  },
  {
    fault: "any weight is taken by the fast path",
    file: "driver/range.ts",
    replace: "return scale >= SMALLEST_SCALE && scale * shift <= LARGEST_SCALE;",
    by: "return true;",
  },
  {
    fault: "the greatest magnitude leaves out the end of a row",
    file: "driver/range.ts",
    replace: "if (classes & 3) peak = v128.max<u32>(peak, magnitude(loadTail(logits, classes & 3)));",
    by: "",
  },
  {
    fault: "the greatest score is not subtracted before the exponential",
    file: "driver/careful.ts",
    replace: "v128.mul<f64>(v128.sub<f64>(z, m), scale)",
    by: "v128.mul<f64>(z, scale)",
  },
  {
    fault: "the maximum drops a NaN",
    file: "driver/careful.ts",
    replace: "negative = v128.max<f32>(negative, side(z, v128.not(isPositive)));",
    by: "negative = v128.pmax<f32>(negative, side(z, v128.not(isPositive)));",
  },
  {
    fault: "an exponential of 0 times an infinite factor is not 0",
    file: "driver/careful.ts",
    replace: "v128.and(v128.mul<f64>(e, factor), v128.ne<f64>(e, f64x2.splat(0)))",
    by: "v128.mul<f64>(e, factor)",
  },
  {
    fault: "the negative side's sum has the positive classes too",
    file: "driver/careful.ts",
    replace: "v128.add<f64>(v128.andnot(e0, low), v128.andnot(e1, high))",
    by: "v128.add<f64>(e0, v128.andnot(e1, high))",
  },

  // driver/sums.ts, driver/rows.ts, driver/call.ts: rows, weights, thresholds
  {
    fault: "the weights of the first block are those of all",
    file: "driver/call.ts",
    replace: "if (call.weights) call.weights += column;",
    by: "",
  },
  {
    fault: "a block goes on with half of its thresholds",
    file: "driver/call.ts",
    replace: "if (call.thresholds) call.thresholds += (<usize>count) << 3;",
    by: "if (call.thresholds) call.thresholds += (<usize>count) << 2;",
  },
  {
    fault: "the second of two rows has the loss of the first",
    file: "driver/sums.ts",
    replace: "second.loss = f64x2.extract_lane(loss, 1);",
    by: "second.loss = f64x2.extract_lane(loss, 0);",
  },
  {
    fault: "the threshold's slope has the wrong sign",
    file: "driver/sums.ts",
    replace: "v128.sub<f64>(v128.mul<f64>(positive, b), v128.mul<f64>(negative, a))",
    by: "v128.sub<f64>(v128.mul<f64>(negative, a), v128.mul<f64>(positive, b))",
  },
  {
    fault: "a row of weight 0 is computed, and its NaN counts",
    file: "driver/rows.ts",
    replace: "if (weight == 0 || classes == 0) {",
    by: "if (classes == 0) {",
  },
  {
    fault: "the gradient in place is written before it is known that the row needs care",
    file: "driver/sums.ts",
    replace: "if (grad == logits && isCarefulInPlace(",
    by: "if (false && isCarefulInPlace(",
  },
  {
    fault: "each side is multiplied by itself where it should be by the other one",
    file: "loss/zlpr.ts",
    replace: "return v128.add<f64>(f64x2.splat(1), b);",
    by: "return v128.add<f64>(f64x2.splat(1), a);",
  },

  // driver/shortRows.ts
  {
    fault: "the positive class of the row before stays marked",
    file: "driver/shortRows.ts",
    replace: "store<u8>((ASC_FEATURE_THREADS ? LABELS + distance : LABELS) + marked, 0);",
    by: "",
  },
  {
    fault: "of four rows with one index each, the last has the place of the third",
    file: "driver/shortRows.ts",
    replace: "const at3 = placeOf(indices, min(index + 3, count - 1), classes);",
    by: "const at3 = at2;",
  },
  {
    fault: "a short row's sum has the classes of the next row",
    file: "driver/shortRows.ts",
    replace: "const e = v128.and(v128.load(from), tailLanes(rest));",
    by: "const e = v128.load(from);",
  },

  // driver/points.ts, driver/fastTerms.ts, driver/terms.ts: losses of single classes
  {
    fault: "the product of the exponentials is never reduced",
    file: "driver/points.ts",
    replace: "return v128.any_true(v128.gt<f64>(p, v128.load64_splat(LARGEST_PRODUCT)));",
    by: "return false;",
  },
  {
    fault: "the product of the exponentials is not reduced before the end of a row",
    file: "driver/points.ts",
    replace: "if (from < end16 || classes & 15) p = reduced(p, row);",
    by: "if (from < end16) p = reduced(p, row);",
  },
  {
    fault: "the product of two factors lacks their product",
    file: "driver/points.ts",
    replace: "return multiplyAdd64(p, q, v128.add<f64>(p, q));",
    by: "return v128.add<f64>(p, q);",
  },
  {
    fault: "the product has the lanes beyond the end of a row",
    file: "driver/points.ts",
    replace: "halves(v128.and(e, tailLanes(rest)))",
    by: "halves(e)",
  },
  {
    fault: "what was taken in float64 is added a second time in float32",
    file: "driver/fastTerms.ts",
    replace: "fill(from + at, count, 0);",
    by: "",
  },
  {
    fault: "groups in which all is 0 leave the gradient that was there",
    file: "driver/fastTerms.ts",
    replace: "else if (grad) fillOf16(grad);",
    by: "",
  },
  {
    fault: "a NaN under a factor of 0 is lost",
    file: "driver/terms.ts",
    replace: "hasNaN = v128.or(hasNaN, v128.ne<f32>(s, s));",
    by: "",
  },
  {
    fault: "a probability just above the margin is not looked for",
    file: "loss/asymmetric.ts",
    replace: "return v128.or(magnitude(s), isSmall);",
    by: "return magnitude(s);",
  },
  {
    fault: "margins that are nearly 0 have a fast path",
    file: "loss/asymmetric.ts",
    replace: "const SMALLEST_MARGIN: f64 = 1e-7;",
    by: "const SMALLEST_MARGIN: f64 = 1e-40;",
  },

  // driver/softSums.ts, driver/distribution.ts
  {
    fault: "terms that nearly cancel are not taken again with all digits",
    file: "driver/softSums.ts",
    replace: "if (writeTerms(target, scratch, classes, sums) && !isExact) {",
    by: "if (writeTerms(target, scratch, classes, sums) && false) {",
  },
  {
    fault: "the classes that fill up the last four count",
    file: "driver/softSums.ts",
    replace: "one0 = v128.and(one0, lowMask(tailLanes(rest)));",
    by: "",
  },
  {
    fault: "the sum without the greatest term is a difference, which loses its digits",
    file: "driver/distribution.ts",
    replace: "v128.eq<f64>(term, f64x2.splat(total.greatest)),",
    by: "f64x2.splat(0),",
  },

  // driver/subsets.ts, math/select.ts
  {
    fault: "classes on the wrong side of the center are not counted among the members",
    file: "driver/subsets.ts",
    replace: "sum += max(scoreAt(row.logits, i) - center, 0.0);",
    by: "sum += 0;",
  },
  {
    fault: "the members keep their weights among those of the classes outside",
    file: "driver/subsets.ts",
    replace: "store<f32>(row.narrow + ((<usize>listed(row.members, member)) << 2), 0);",
    by: "",
  },
  {
    fault: "the k-th highest of a few is the one above it",
    file: "math/select.ts",
    replace: "const enough = i32x4.splat(k);",
    by: "const enough = i32x4.splat(k - 1);",
  },

  // driver/masks.ts, driver/labels.ts, predict/countDecisions.ts
  {
    fault: "a class that a mask leaves out keeps the gradient that was there",
    file: "driver/masks.ts",
    replace: "keeps ? value : 0",
    by: "value",
  },
  {
    fault: "sixteen classes that count are packed without moving on",
    file: "driver/masks.ts",
    replace: "count += 16;",
    by: "",
  },
  {
    fault: "labels of 2 and 3 are taken in long rows",
    file: "driver/labels.ts",
    replace: "if (v128.any_true(v128.andnot(some, i8x16.splat(1)))) break;",
    by: "if (v128.any_true(v128.andnot(some, i8x16.splat(3)))) break;",
  },
  {
    fault: "a soft label of up to 2 is taken",
    file: "driver/labels.ts",
    after: "function firstOutside(",
    replace: "target <= 1",
    by: "target <= 2",
  },
  {
    fault: "a byte counts one row more than it can",
    file: "predict/countDecisions.ts",
    replace: "const BYTE_ROWS = 255;",
    by: "const BYTE_ROWS = 256;",
  },
  {
    fault: "a score that equals the threshold is predicted",
    file: "predict/countDecisions.ts",
    replace: "v128.gt<f32>(v128.load(logits, 16), threshold)",
    by: "v128.ge<f32>(v128.load(logits, 16), threshold)",
  },

  // math/: constants and compensation
  {
    fault: "the last bit of the exponential's coefficient of r²",
    file: "math/exp.ts",
    replace: "0.4999999403953552,",
    by: "0.49999991059303284,",
  },
  {
    fault: "the last bit of the exponential's coefficient of r³",
    file: "math/exp.ts",
    replace: "0.16666516661643982,",
    by: "0.1666651815176010,",
  },
  {
    fault: "the last bit of the smaller part of ln 2",
    file: "math/exp.ts",
    replace: "890.0079956054688,",
    by: "890.008056640625,",
  },
  {
    fault: "exponentials below e^-87 are 0 where a weight would make something of them",
    file: "math/exp.ts",
    replace: "-142.0,",
    by: "-87.0,",
  },
  {
    fault: "the exponential forgets what its argument lost to rounding",
    file: "math/exp.ts",
    after: "export function expScaled(",
    replace: "v128.add<f32>(reduced(x, n, constant(MINUS_LN2_HIGH), constant(MINUS_LN2_LOW)), low)",
    by: "reduced(x, n, constant(MINUS_LN2_HIGH), constant(MINUS_LN2_LOW))",
  },
  {
    fault: "the last bit of the logarithm's first coefficient",
    file: "math/log1p.ts",
    replace: "0.666669487953186,",
    by: "0.6666694283485413,",
  },
  {
    fault: "the logarithm takes the difference that is not reduced",
    file: "math/log1p.ts",
    replace: ": v128.bitselect(other, difference, isReduced)",
    by: ": difference",
  },
  {
    fault: "the logarithm of 1 + x forgets what 1 + x lost to rounding",
    file: "math/log1p64.ts",
    replace: "multiplyAdd64(s, p, v128.mul<f64>(lost, scale))",
    by: "v128.mul<f64>(s, p)",
  },
];

import { fail } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import { countIn, recordIn, textIn } from "./json.js";

/*
 * A sum as a whole number of units of 2⁻¹⁰⁷⁴, the smallest float64, of which every finite one is a multiple. Its digits have
 * 32 bits and lie in numbers of 53: those that are carried on wait there until there is no more room for them.
 *
 *   digit     0          1          2         …     67
 *   weight    2⁻¹⁰⁷⁴     2⁻¹⁰⁴²     2⁻¹⁰¹⁰          2¹⁰⁷⁰
 *
 * A term has 53 bits, wherever they begin: they belong to three neighbouring digits.
 */

const DIGIT_BITS = 32;
const BASE = 2 ** DIGIT_BITS;

/** The exponent of the unit. */
const UNIT = -1074;

/** The highest has room for 2⁵³ of the largest numbers. */
const DIGITS = 68;

/** After so many terms, what the digits are too large by is carried on: one more would not be exact at 2²¹. */
const MOST_PENDING = 2 ** 20;

/** Of the bits of a float64: the exponent, which is all ones in NaN and infinities, and the upper part of the fraction. */
const EXPONENT_BITS = 0x7ff;
const FRACTION_BITS = 20;
const FRACTION = (1 << FRACTION_BITS) - 1;

/** More bits than a float64 has, so that those below them only matter by being there. */
const ROUNDED_BITS = 64;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const LOWER = isLittleEndian ? 0 : 1;
const UPPER = 1 - LOWER;

/** A sum in JSON: the finite terms, exactly; and how many others there were, if there were any. */
export type SumJson = string | { finite: string; nan: number; infinity: number; minusInfinity: number };

/**
 * The exact sum of any float64 numbers: it does not depend on their order, nor on how they were divided among sums that
 * were merged.
 */
export class ExactSum {
  readonly #digits = newArray(Float64Array, DIGITS);
  /** Every digit is below 2³²·(pending + 1). */
  #pending = 0;
  #nan = 0;
  #infinity = 0;
  #minusInfinity = 0;

  add(term: number): void {
    float[0] = term;
    const lower = words[LOWER] as number;
    const upper = words[UPPER] as number;
    const exponent = (upper >>> FRACTION_BITS) & EXPONENT_BITS;
    if (exponent === EXPONENT_BITS) {
      this.#countOther(term);
      return;
    }
    const isNormal = exponent > 0;
    const high = (upper & FRACTION) | (isNormal ? 1 << FRACTION_BITS : 0);
    const place = isNormal ? exponent - 1 : 0;
    const shift = place & (DIGIT_BITS - 1);
    const rest = DIGIT_BITS - 1 - shift;
    const first = (lower << shift) >>> 0;
    const second = ((high << shift) | ((lower >>> 1) >>> rest)) >>> 0;
    const third = (high >>> 1) >>> rest;
    const digits = this.#digits;
    const at = place >>> 5;
    if (upper >>> 31 === 0) {
      digits[at]! += first;
      digits[at + 1]! += second;
      digits[at + 2]! += third;
    } else {
      digits[at]! -= first;
      digits[at + 1]! -= second;
      digits[at + 2]! -= third;
    }
    if (++this.#pending === MOST_PENDING) this.#carry();
  }

  #countOther(term: number): void {
    if (Number.isNaN(term)) this.#nan++;
    else if (term > 0) this.#infinity++;
    else this.#minusInfinity++;
  }

  /** Adds all terms of another sum, which stays as it is. */
  merge(other: ExactSum): void {
    const digits = this.#digits;
    for (let i = 0; i < DIGITS; i++) digits[i]! += other.#digits[i] as number;
    this.#carry();
    this.#nan += other.#nan;
    this.#infinity += other.#infinity;
    this.#minusInfinity += other.#minusInfinity;
  }

  /** Makes each digit one from 0 to 2³² - 1, but for the highest, which has the sign. */
  #carry(): void {
    const digits = this.#digits;
    for (let i = 0; i < DIGITS - 1; i++) {
      const carried = Math.floor((digits[i] as number) / BASE);
      digits[i]! -= carried * BASE;
      digits[i + 1]! += carried;
    }
    this.#pending = 0;
  }

  /** The sum of the finite terms, in units of a power of 2. */
  #exact(): { units: bigint; exponent: number } {
    this.#carry();
    const digits = this.#digits;
    let last = DIGITS - 1;
    while (last > 0 && digits[last] === 0) last--;
    let first = 0;
    while (first < last && digits[first] === 0) first++;
    let units = 0n;
    for (let i = last; i >= first; i--) units = (units << BigInt(DIGIT_BITS)) + BigInt(digits[i] as number);
    return { units, exponent: UNIT + DIGIT_BITS * first };
  }

  /** The sum, rounded once. NaN if a term was, or if infinities of both signs were among them. */
  get value(): number {
    if (this.#nan > 0 || (this.#infinity > 0 && this.#minusInfinity > 0)) return NaN;
    if (this.#infinity > 0) return Infinity;
    if (this.#minusInfinity > 0) return -Infinity;
    const { units, exponent } = this.#exact();
    return units < 0n ? -scaled(-units, exponent) : scaled(units, exponent);
  }

  /** The same for the same terms, however they were added. */
  toJSON(): SumJson {
    const { units, exponent } = this.#exact();
    const finite = hexadecimal(units, exponent);
    const others = { nan: this.#nan, infinity: this.#infinity, minusInfinity: this.#minusInfinity };
    return Object.values(others).some((count) => count > 0) ? { finite, ...others } : finite;
  }

  /** The sum of so many terms. */
  static fromJSON(json: unknown, place: string, terms: number): ExactSum {
    const sum = new ExactSum();
    if (typeof json === "string") {
      sum.#read(json, place);
      return sum;
    }
    const given = recordIn(json, place, ["finite", "nan", "infinity", "minusInfinity"]);
    sum.#read(textIn(given.finite, `${place}.finite`), `${place}.finite`);
    sum.#nan = countIn(given.nan, `${place}.nan`, terms);
    sum.#infinity = countIn(given.infinity, `${place}.infinity`, terms);
    sum.#minusInfinity = countIn(given.minusInfinity, `${place}.minusInfinity`, terms);
    const others = sum.#nan + sum.#infinity + sum.#minusInfinity;
    if (others === 0 || others > terms) {
      fail("RANGE", place, `from 1 to ${terms} terms that are not finite`, String(others));
    }
    return sum;
  }

  #read(text: string, place: string): void {
    const [, sign, integer = "", exponent] = SUM.exec(text) ?? [];
    const bits = Number(exponent) - UNIT;
    if (!(bits >= 0 && bits + 4 * integer.length <= DIGIT_BITS * (DIGITS - 1))) {
      fail("RANGE", place, EXPECTED_SUM, JSON.stringify(text));
    }
    let units = BigInt(`0x${integer}`) << BigInt(bits);
    for (let i = 0; units > 0n; i++) {
      const digit = Number(BigInt.asUintN(DIGIT_BITS, units));
      this.#digits[i] = sign ? -digit : digit;
      units >>= BigInt(DIGIT_BITS);
    }
    if (this.toJSON() !== text) fail("RANGE", place, EXPECTED_SUM, JSON.stringify(text));
  }
}

/** The sum of so many terms from 0 to 1. */
export function sumOfShares(json: unknown, place: string, terms: number): ExactSum {
  const sum = ExactSum.fromJSON(json, place, terms);
  const { value } = sum;
  if (!(value >= 0 && value <= terms)) fail("RANGE", place, `a sum from 0 to ${terms}`, String(value));
  return sum;
}

const SUM = /^(-?)0x([0-9a-f]{1,544})p(-?\d{1,4})$/;

const EXPECTED_SUM = 'a sum as "0x…p…", an odd whole number and a power of 2';

/** Positive units of a power of 2 as the nearest float64. */
function scaled(units: bigint, exponent: number): number {
  const length = units.toString(16).length * 4;
  const dropped = Math.max(0, length - ROUNDED_BITS);
  const kept = units >> BigInt(dropped);
  // A bit for all that was dropped: enough to be on the right side of the middle between two numbers.
  const isCut = kept << BigInt(dropped) !== units;
  return Number(isCut ? kept | 1n : kept) * 2 ** (exponent + dropped);
}

/** Units of a power of 2 as an odd number of another, as C and Python write such numbers; 0x0p0 for 0. */
function hexadecimal(units: bigint, exponent: number): string {
  if (units === 0n) return "0x0p0";
  const size = units < 0n ? -units : units;
  const zeros = trailingZeros(size);
  return `${units < 0n ? "-" : ""}0x${(size >> BigInt(zeros)).toString(16)}p${exponent + zeros}`;
}

function trailingZeros(size: bigint): number {
  let zeros = 0;
  while (BigInt.asUintN(DIGIT_BITS, size >> BigInt(zeros)) === 0n) zeros += DIGIT_BITS;
  const digit = Number(BigInt.asUintN(DIGIT_BITS, size >> BigInt(zeros)));
  return zeros + (31 - Math.clz32(digit & -digit));
}

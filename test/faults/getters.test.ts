import { describe, expect, it } from "vitest";
import { definitionOf } from "../../src/engine/definitions.ts";
import { validatorOf } from "../../src/engine/validate.ts";
import { detached, snapshot } from "../support/arrays.ts";
import { checkRefused, type Unchecked } from "../support/errors.ts";
import { toSparse } from "../support/labels.ts";
import { allNames, type LossName, lossOf, optionsOf, referenceOf } from "../support/losses.ts";
import { forEachVariant } from "../support/variants.ts";
import { LOST, labels, labelsFor, logits } from "./calls.ts";

/*
 * Functions of the caller that run within a call: getters of the options and of sparse labels, and methods and properties of
 * arrays whose class somebody derived. Whatever they do comes before anything is checked, or they do not run at all.
 */

type Array = Float32Array | Uint8Array | Int32Array;

/** A call, with the arrays that it may have. */
interface Call {
  logits: Float32Array;
  labels: unknown;
  options: Record<string, unknown>;
}

/** An array of a call, by the name that errors give it, and a value that it may not have. */
type Place = [argument: string, name: LossName, wrong: number, received: string, call: () => Partial<Call>];

const WEIGHTS = "finite weights of at least 0, received NaN (row 0)";

const PLACES: Place[] = [
  ["labels", "zlpr", 2, "0 or 1, received 2 (row 0, index 0)", () => ({})],
  [
    "labels",
    "sigmoidCrossEntropy",
    2,
    "a number from 0 to 1, received 2 (row 0, index 0)",
    () => ({ labels: new Float32Array(6) }),
  ],
  [
    "labels",
    "softmaxCrossEntropy",
    -118,
    "class indices from 0 to 2, or ignoreIndex = -1, received -118 (row 0)",
    () => ({ labels: Int32Array.of(1, 2) }),
  ],
  ["labels.offsets", "zlpr", 1, "0 at first, received 1 (row 0)", () => ({ labels: toSparse(labels, 3) })],
  [
    "labels.indices",
    "focal",
    -118,
    "class indices from 0 to 2, received -118 (row 0, index 0)",
    () => ({ labels: toSparse(labels, 3) }),
  ],
  [
    "options.mask",
    "zlpr",
    255,
    "0 or 1, received 255 (row 0, index 0)",
    () => ({ options: { mask: new Uint8Array(6).fill(1) } }),
  ],
  [
    "options.rowWeights",
    "zlpr",
    NaN,
    WEIGHTS,
    () => ({ options: { rowWeights: new Float32Array(2).fill(1) } }),
  ],
  [
    "options.threshold",
    "zlpr",
    NaN,
    "finite numbers, received NaN (row 0)",
    () => ({ options: { threshold: new Float32Array(2) } }),
  ],
  [
    "options.positiveWeights",
    "sigmoidCrossEntropy",
    -1,
    "finite numbers of at least 0, received -1 (index 0)",
    () => ({ options: { positiveWeights: new Float32Array(3).fill(1) } }),
  ],
];

/** Those of which any value is right. */
const FREE: Place[] = [
  ["logits", "zlpr", 0, "", () => ({})],
  ["options.out.loss", "zlpr", 0, "", () => ({ options: { out: { loss: new Float32Array(2) } } })],
  ["options.out.grad", "zlpr", 0, "", () => ({ options: { out: { grad: new Float32Array(6) } } })],
];

function callOf([, , , , call]: Place): Call {
  const { options, ...rest } = call();
  return {
    logits: logits.slice(),
    labels: labels.slice(),
    options: { classes: 3, reduction: "none", out: {}, ...options },
    ...rest,
  };
}

function arrayOf(call: Call, argument: string): Array {
  return argument.split(".").reduce((value, key) => (value as never)[key], call as unknown) as Array;
}

/** Puts an array in the place of another one. */
function replace(call: Call, argument: string, array: Array): void {
  const keys = argument.split(".");
  const last = keys.pop() as string;
  const holder = keys.reduce((value, key) => (value as never)[key], call as unknown) as Record<
    string,
    unknown
  >;
  holder[last] = array;
}

/** Has something done when the last of all getters is read: that of `out.grad`. */
function whenRead(call: Call, act: () => void): void {
  const out = call.options.out as { grad?: Float32Array };
  const { grad } = out;
  Object.defineProperty(out, "grad", {
    enumerable: true,
    get() {
      act();
      return grad;
    },
  });
}

function callIt(loss: unknown, call: Call): unknown {
  return (loss as Unchecked)(call.logits, call.labels, call.options);
}

function forEachLoss(register: (of: (name: LossName) => unknown) => void): void {
  describe("reference", () => register(referenceOf));
  forEachVariant((losses) => register((name) => lossOf(losses, name)));
}

describe("an array, when a getter has run,", () => {
  forEachLoss((of) => {
    it.each([...PLACES, ...FREE])("that it has taken away is named: %s of %s", (...place) => {
      const [argument, name] = place;
      const call = callOf(place);
      const array = arrayOf(call, argument);
      whenRead(call, () => detached(array));
      checkRefused(() => callIt(of(name), call), "DETACHED", `${argument}: expected ${LOST}`);
    });

    it.each([...PLACES, ...FREE])("whose buffer it has shrunk is named: %s of %s", (...place) => {
      const [argument, name] = place;
      const call = callOf(place);
      const array = arrayOf(call, argument);
      const Resizable = ArrayBuffer as unknown as new (
        length: number,
        options: { maxByteLength: number },
      ) => ArrayBuffer & { resize(length: number): void };
      const buffer = new Resizable(array.byteLength, { maxByteLength: array.byteLength });
      const Type = array.constructor as new (buffer: ArrayBuffer) => Array;
      const tracking = new Type(buffer);
      tracking.set(array);
      replace(call, argument, tracking);
      whenRead(call, () => buffer.resize(array.byteLength - array.BYTES_PER_ELEMENT));
      // That the indices are fewer shows by what the offsets say.
      const named = argument === "labels.indices" ? "labels.offsets" : argument;
      const before = snapshot([call.options.out]);
      expect(() => callIt(of(name), call)).toThrow(
        expect.objectContaining({ code: "RANGE", argument: named }),
      );
      if (!argument.startsWith("options.out")) expect(snapshot([call.options.out])).toEqual(before);
    });

    it.each(PLACES)("that it has changed is checked as it is: %s of %s", (...place) => {
      const [argument, name, wrong, received] = place;
      const call = callOf(place);
      const array = arrayOf(call, argument);
      whenRead(call, () => {
        array[0] = wrong;
      });
      checkRefused(() => callIt(of(name), call), "RANGE", `${argument}: expected ${received}`);
    });
  });
});

describe("getters", () => {
  forEachLoss((of) => {
    it.each(allNames)("run once each: %s", (name) => {
      const read: string[] = [];
      const counted = (object: object, prefix: string) =>
        Object.defineProperties(
          {},
          Object.fromEntries(
            Object.entries(object).map(([key, value]) => [
              key,
              {
                enumerable: true,
                get() {
                  read.push(prefix + key);
                  return value;
                },
              },
            ]),
          ),
        );
      for (const own of optionsOf(name)) {
        read.length = 0;
        const out = counted({ loss: new Float32Array(2), grad: new Float32Array(6) }, "out.");
        const given = {
          classes: 3,
          reduction: "none",
          rowWeights: new Float32Array(2).fill(1),
          mask: new Uint8Array(3).fill(1),
          gradient: true,
          out,
          ...own,
        };
        const marks = name === "zlprDivergence" ? labelsFor(name) : counted(toSparse(labels, 3), "labels.");
        (of(name) as Unchecked)(logits, marks, counted(given, ""));
        const sparse = name === "zlprDivergence" ? [] : ["labels.offsets", "labels.indices"];
        const all = [...Object.keys(given), "out.loss", "out.grad", ...sparse];
        expect(read.toSorted()).toEqual(all.toSorted());
      }
    });
  });
});

/** Arrays of whose class every method and property is another one. */
function strange(array: Array): Array {
  const Type = Object.getPrototypeOf(array).constructor as new (
    buffer: ArrayBufferLike,
    at: number,
    length: number,
  ) => Array;
  class Strange extends (Type as typeof Float32Array) {}
  const fail = () => {
    throw new Error("a function of the caller was called");
  };
  const all = Object.getPrototypeOf(Type.prototype) as object;
  for (const key of [...Reflect.ownKeys(all), ...Reflect.ownKeys(Type.prototype)]) {
    if (key === "constructor") continue;
    Object.defineProperty(Strange.prototype, key, { get: fail, configurable: true });
  }
  Object.defineProperty(Strange, Symbol.species, { get: fail });
  return new Strange(array.buffer as ArrayBuffer, array.byteOffset, array.length);
}

describe("of an array of a derived class", () => {
  forEachLoss((of) => {
    it.each([...PLACES, ...FREE])("nothing is called: %s of %s", (...place) => {
      const [argument, name] = place;
      // Overlaps are looked for where there are places for results.
      const called = () => {
        const one = callOf(place);
        const { out } = one.options as { out: object };
        Object.assign(out, { loss: new Float32Array(2), grad: new Float32Array(6), ...out });
        return one;
      };
      const right = structuredClone(callIt(of(name), called()));
      const call = called();
      const array = strange(arrayOf(call, argument));
      replace(call, argument, array);
      const got = callIt(of(name), call) as Record<string, unknown>;
      for (const key of ["loss", "grad"] as const) {
        const isReturned = argument === `options.out.${key}`;
        if (isReturned) expect(got[key] === array).toBe(true);
        const values = isReturned ? Float32Array.prototype.slice.call(view(array)) : got[key];
        expect(values).toEqual((right as Record<string, unknown>)[key]);
      }
    });
  });
});

/** A plain view of a strange array. */
function view(array: Array): Float32Array {
  const get = (key: string) =>
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), key)!.get!.call(
      array,
    ) as never;
  return new Float32Array(get("buffer"), get("byteOffset"), get("length"));
}

describe("arrays of shared memory", () => {
  const shared = <T extends Array>(array: T): T => {
    const Type = array.constructor as new (buffer: SharedArrayBuffer) => T;
    const copy = new Type(new SharedArrayBuffer(array.byteLength));
    copy.set(array);
    return copy;
  };
  const [rows, classes] = [70, 3];
  const floats = (length: number) => new Float32Array(length).fill(1);

  it.each<[string, LossName, unknown, object, (call: never) => unknown]>([
    [
      "rowWeights",
      "zlpr",
      new Uint8Array(210),
      { rowWeights: floats(rows) },
      ({ rowWeights }: { rowWeights: Array }) => rowWeights,
    ],
    [
      "mask",
      "zlpr",
      new Uint8Array(210),
      { mask: new Uint8Array(210) },
      ({ mask }: { mask: { values: Array } }) => mask.values,
    ],
    [
      "labels",
      "zlpr",
      new Uint8Array(210),
      {},
      ({ targets }: { targets: { values: Array } }) => targets.values,
    ],
    ["soft labels", "zlpr", floats(210), {}, ({ targets }: { targets: { values: Array } }) => targets.values],
    [
      "class indices",
      "softmaxCrossEntropy",
      new Int32Array(rows),
      {},
      ({ targets }: { targets: { indices: Array } }) => targets.indices,
    ],
    [
      "threshold",
      "zlpr",
      new Uint8Array(210),
      { threshold: floats(rows) },
      ({ own }: { own: { threshold: Array } }) => own.threshold,
    ],
  ])("are copied before they are checked: %s", (_, name, marks, options, taken) => {
    const inShared = (value: unknown) => (ArrayBuffer.isView(value) ? shared(value as Array) : value);
    const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, inShared(value)]));
    const validate = validatorOf(definitionOf(referenceOf(name)));
    const call = validate(new Float32Array(rows * classes), inShared(marks), { classes, ...given });
    expect((taken(call as never) as Array).buffer).toBeInstanceOf(ArrayBuffer);
  });
});

import { LossError } from "./engine/error.js";
import { describe } from "./engine/validate.js";

const CONSTRUCTORS = { Float32Array, Int32Array, Uint8Array, Uint32Array };

type Name = keyof typeof CONSTRUCTORS;
type ArrayOf<N extends Name> = InstanceType<(typeof CONSTRUCTORS)[N]>;

/** The tag of any object. Unlike instanceof it knows those of other realms. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether an argument is a typed array of that type. */
export function isTypedArray<N extends Name>(value: unknown, name: N): value is ArrayOf<N> {
  return ArrayBuffer.isView(value) && tagOf(value) === name;
}

/** Whether an array has lost its buffer, or the part of it that it lay in: its length reads 0, its methods throw. */
function isDetached(array: ArrayOf<Name>): boolean {
  if (array.length > 0) return false;
  try {
    Uint8Array.prototype.at.call(array, 0);
    return false;
  } catch {
    return true;
  }
}

/**
 * An argument that has to be a typed array of one of these types, still attached to its buffer. Shared memory could
 * change between the check and the use: of that, a copy.
 */
export function typedArray<N extends Name>(value: unknown, argument: string, ...names: N[]): ArrayOf<N> {
  const name = names.find((candidate) => isTypedArray(value, candidate));
  if (name === undefined) {
    throw new LossError("TYPE", { argument, expected: names.join(" or "), received: describe(value) });
  }
  const array = value as ArrayOf<N>;
  if (isDetached(array)) {
    throw new LossError("DETACHED", {
      argument,
      expected: "an array with a buffer",
      received: "one whose buffer was transferred, shrunk or left behind by growing memory",
    });
  }
  if (tagOf(array.buffer) !== "SharedArrayBuffer") return array;
  return new CONSTRUCTORS[name](array) as ArrayOf<N>;
}

/* Arrays that cannot be read, or lie where nobody expects them. */

type Array = Float32Array | Uint8Array | Int32Array;

/** An array whose buffer was transferred: its length reads 0. */
export function detached<T extends Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** Six numbers at the end of a buffer that was shrunk to its beginning. */
export function shrunk(): Float32Array {
  // Younger than the library that the types are checked against, but in every Node that we support.
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void };
  const buffer = new Resizable(48, { maxByteLength: 64 });
  const array = new Float32Array(buffer, 24, 6);
  buffer.resize(8);
  return array;
}

/** All typed arrays within an argument, those of its properties included. */
function arraysIn(value: unknown): ArrayBufferView[] {
  if (ArrayBuffer.isView(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(arraysIn);
}

/** The bytes of every buffer that the arrays within some arguments lie in, whole, to compare them later. */
export function snapshot(args: readonly unknown[]): string[] {
  return args.flatMap(arraysIn).map(({ buffer }) => {
    // One that was detached has none.
    if (buffer.byteLength === 0) return "";
    return Buffer.from(buffer as ArrayBuffer).toString("latin1");
  });
}

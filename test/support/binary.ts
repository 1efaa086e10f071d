import { readFileSync } from "node:fs";

/* The binaries of the package, and altered ones: with a limit to their memory, with a kernel that traps. */

/** The bytes of a variant. */
export function binaryOf(variant: "simd" | "relaxed"): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../build/${variant}.wasm`, import.meta.url)));
}

const MEMORY_SECTION = 5;
const EXPORT_SECTION = 7;
const CODE_SECTION = 10;

/** Reads the numbers of a binary, one after the other. */
class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned number, seven bits a byte. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
}

function encoded(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...encoded(value >>> 7)];
}

/** Where the section of that kind begins, where its content does, and where it ends. */
function section(bytes: Uint8Array, kind: number): { start: number; content: number; end: number } {
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const start = reader.at;
    const found = bytes[reader.at++];
    const size = reader.number();
    if (found === kind) return { start, content: reader.at, end: reader.at + size };
    reader.at += size;
  }
  throw new Error(`no section ${kind}`);
}

/** The binary with a memory of at most so many pages of 64 KiB. */
export function withMaximum(bytes: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const { start, content, end } = section(bytes, MEMORY_SECTION);
  // One memory; no maximum; its first size.
  const initial = new Reader(bytes, content + 2).number();
  const limits = [1, 1, ...encoded(initial), ...encoded(pages)];
  const memory = [MEMORY_SECTION, ...encoded(limits.length), ...limits];
  return new Uint8Array([...bytes.subarray(0, start), ...memory, ...bytes.subarray(end)]);
}

/** The index of an exported function. */
function functionIndex(bytes: Uint8Array, name: string): number {
  const reader = new Reader(bytes, section(bytes, EXPORT_SECTION).content);
  for (let left = reader.number(); left > 0; left--) {
    const exported = reader.text();
    const kind = bytes[reader.at++];
    const index = reader.number();
    if (exported === name && kind === 0) return index;
  }
  throw new Error(`no function ${name}`);
}

/** The binary with a function that does nothing but trap. */
export function withTrap(bytes: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const altered = new Uint8Array(bytes);
  const index = functionIndex(bytes, name);
  const reader = new Reader(bytes, section(bytes, CODE_SECTION).content);
  reader.number();
  for (let i = 0; ; i++) {
    const size = reader.number();
    const end = reader.at + size;
    if (i < index) {
      reader.at = end;
      continue;
    }
    // Behind the local variables; the last byte is the function's end.
    for (let groups = reader.number(); groups > 0; groups--) {
      reader.number();
      reader.at++;
    }
    const UNREACHABLE = 0;
    return altered.fill(UNREACHABLE, reader.at, end - 1);
  }
}

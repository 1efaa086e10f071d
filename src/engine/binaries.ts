// Its form for Node alone would ask for worker threads.
import { inflateSync } from "fflate/browser";
import type { Variant } from "../types.js";

/** The variants that there is a binary of. */
export type WasmVariant = Exclude<Variant, "js">;

/** Two binaries as scripts/generate.mjs has packed them. */
export interface PackedBinaries {
  /** In turns of so many bytes. */
  pieceBytes: number;
  packed: string;
  lengths: Record<WasmVariant, number>;
}

function unpack({ packed, lengths }: PackedBinaries): Uint8Array {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return inflateSync(bytes, { out: new Uint8Array(lengths.simd + lengths.relaxed) });
}

/** The bytes of a variant. They are not kept, since one is compiled once. */
export function bytesOf(binaries: PackedBinaries, variant: WasmVariant): Uint8Array<ArrayBuffer> {
  const { pieceBytes, lengths } = binaries;
  const all = unpack(binaries);
  const result = new Uint8Array(lengths[variant]);
  let from = 0;
  for (let start = 0; from < all.length; start += pieceBytes) {
    for (const [name, length] of Object.entries(lengths)) {
      const size = Math.min(pieceBytes, length - start);
      // One of them ends before the other.
      if (size <= 0) continue;
      if (name === variant) result.set(all.subarray(from, from + size), start);
      from += size;
    }
  }
  return result;
}

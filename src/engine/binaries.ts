// Its form for Node alone would ask for worker threads.
import { inflateSync } from "fflate/browser";
import { lengths, PIECE_BYTES, packed } from "../../build/binaries.js";
import type { Variant } from "../types.js";

/** The variants that there is a binary of. */
export type WasmVariant = Exclude<Variant, "js">;

/** Both binaries, in turns. */
function unpack(): Uint8Array {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return inflateSync(bytes, { out: new Uint8Array(lengths.simd + lengths.relaxed) });
}

/** The bytes of a variant: scripts/generate.mjs has packed them. They are not kept, since one is compiled once. */
export function bytesOf(variant: WasmVariant): Uint8Array<ArrayBuffer> {
  const all = unpack();
  const result = new Uint8Array(lengths[variant]);
  let from = 0;
  for (let start = 0; from < all.length; start += PIECE_BYTES) {
    for (const [name, length] of Object.entries(lengths)) {
      const pieceBytes = Math.min(PIECE_BYTES, length - start);
      // One of them ends before the other.
      if (pieceBytes <= 0) continue;
      if (name === variant) result.set(all.subarray(from, from + pieceBytes), start);
      from += pieceBytes;
    }
  }
  return result;
}

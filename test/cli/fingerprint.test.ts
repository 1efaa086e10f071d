import { copyFileSync, utimesSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { fingerprintOf } from "../../src/cli/fingerprint.ts";
import { crc32 } from "../../src/cli/zipChecksums.ts";
import { uniform } from "../support/random.ts";
import { Folder } from "./support.ts";

/* What tells that a file is another one than the shards before have read. */

const folder = new Folder();
afterAll(() => folder.remove());

const BLOCK = 4096;

function bytesOf(length: number): Uint8Array {
  const random = uniform(1);
  return Uint8Array.from({ length }, () => 256 * random());
}

function fingerprint(bytes: Uint8Array): string {
  folder.write("file", bytes);
  return fingerprintOf(folder.file("file"));
}

describe("a fingerprint", () => {
  it("of a small file is that of all its bytes", () => {
    for (const length of [1, 4095, 64 * BLOCK]) {
      const bytes = bytesOf(length);
      expect(fingerprint(bytes)).toBe(`${length} bytes, CRC-32 ${crc32(bytes).toString(16)}`);
    }
  });

  it.each([64 * BLOCK + 1, 1_000_001])(
    "of a large file, of %d bytes, is that of 64 blocks from end to end",
    (length) => {
      const bytes = bytesOf(length);
      const starts = Array.from({ length: 64 }, (_, i) => Math.floor((i * (length - BLOCK)) / 63));
      expect([starts[0], starts[63]]).toEqual([0, length - BLOCK]);
      const seen = Buffer.concat(starts.map((start) => bytes.subarray(start, start + BLOCK)));
      expect(fingerprint(bytes)).toBe(`${length} bytes, CRC-32 ${crc32(seen).toString(16)}`);
    },
  );

  it("finds other bytes in the blocks and another size, and not what lies between them", () => {
    const bytes = bytesOf(1_000_000);
    const whole = fingerprint(bytes);
    const changed = (at: number) => fingerprint(bytes.with(at, (bytes[at] as number) ^ 1));
    for (const at of [0, BLOCK - 1, 15_808, 999_999]) expect(changed(at)).not.toBe(whole);
    expect(fingerprint(bytes.subarray(1))).not.toBe(whole);
    expect(changed(10_000)).toBe(whole);
  });

  it("is the same for a copy, whenever it was made", () => {
    const whole = fingerprint(bytesOf(1_000_000));
    copyFileSync(folder.file("file"), folder.file("copy"));
    utimesSync(folder.file("copy"), 1, 1);
    expect(fingerprintOf(folder.file("copy"))).toBe(whole);
  });
});

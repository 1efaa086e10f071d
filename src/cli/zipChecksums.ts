/*
 * The checksums of the files in a zip archive, which fflate does not compare. They stand in the directory at its end:
 *
 *   offset  16       28             30              32                 46
 *           CRC-32   name's length  extra's length  comment's length   name, extra, comment
 */

const ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    value = (TABLE[(value ^ (bytes[i] as number)) & 255] as number) ^ (value >>> 8);
  }
  return ~value >>> 0;
}

/** The CRC-32 of each file of an archive, by its name, as the archive has it. */
export function checksumsOf(archive: Uint8Array): Map<string, number> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const checksums = new Map<string, number>();
  let end = archive.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) return checksums;
  let at = view.getUint32(end + 16, true);
  while (at + 46 <= end && view.getUint32(at, true) === ENTRY) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true),
    ) as [number, number, number];
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameBytes));
    checksums.set(name, view.getUint32(at + 16, true));
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return checksums;
}

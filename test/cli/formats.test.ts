import { truncateSync } from "node:fs";
import { crc32 as crc32OfNode } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/cli/errors.ts";
import { NpyFile } from "../../src/cli/npyFile.ts";
import { type DType, formatHeader, headerEnd, isNpy, parseHeader } from "../../src/cli/npyHeader.ts";
import { readNpz } from "../../src/cli/npz.ts";
import { decode } from "../../src/cli/numbers.ts";
import { CsrWriter } from "../../src/cli/predictions/csr.ts";
import { checksumsOf, crc32 } from "../../src/cli/zipChecksums.ts";
import { Folder, npy } from "./support.ts";

/* .npy, .npz and zip, byte by byte. */

const folder = new Folder();
afterAll(() => folder.remove());

/** The header of a .npy file of a version, around a text. */
function header(text: string, version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from("\x93NUMPY", "latin1"),
    Buffer.of(version, 0),
    length,
    Buffer.from(text),
  ]);
}

function parsed(text: string, version = 1) {
  const bytes = header(text, version);
  expect(headerEnd(bytes.subarray(0, 12), "x.npy")).toBe(bytes.length);
  return parseHeader(bytes, "x.npy");
}

const dictionary = (descr: string, shape: string, order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe("the header of a .npy file", () => {
  it.each<[string, DType]>([
    ["<f2", { name: "<f2", kind: "float", size: 2, isSwapped: false }],
    ["<f4", { name: "<f4", kind: "float", size: 4, isSwapped: false }],
    [">f8", { name: ">f8", kind: "float", size: 8, isSwapped: true }],
    ["=f4", { name: "=f4", kind: "float", size: 4, isSwapped: false }],
    ["|b1", { name: "|b1", kind: "bool", size: 1, isSwapped: false }],
    ["<i8", { name: "<i8", kind: "int", size: 8, isSwapped: false }],
    [">i2", { name: ">i2", kind: "int", size: 2, isSwapped: true }],
    // Of a single byte there is no order.
    [">i1", { name: ">i1", kind: "int", size: 1, isSwapped: false }],
    ["|u1", { name: "|u1", kind: "uint", size: 1, isSwapped: false }],
    [">u4", { name: ">u4", kind: "uint", size: 4, isSwapped: true }],
  ])("tells the type %s", (name, dtype) => {
    expect(parsed(dictionary(`'${name}'`, "(2, 3)")).dtype).toEqual(dtype);
  });

  it.each(["<f1", "<b2", "<c8", "<f16", "<i3", "f4", "x<f4", "<f4x", "<U3", "?f4"])(
    "refuses the type %s",
    (name) => {
      expect(() => parsed(dictionary(`'${name}'`, "(2, 3)"))).toThrow(
        new InputError(
          `x.npy: expected numbers of type float, int, uint or bool, up to 64 bits, received dtype "${name}"`,
        ),
      );
    },
  );

  it.each([
    ["()", []],
    ["(7,)", [7]],
    ["(12, 345)", [12, 345]],
    ["(2L, 3L)", [2, 3]],
    ["(1,20,300)", [1, 20, 300]],
  ])("tells the shape %s", (shape, expected) => {
    expect(parsed(dictionary("'<f4'", shape)).shape).toEqual(expected);
  });

  it.each([1, 2, 3])("of version %d tells where the numbers begin", (version) => {
    const text = dictionary("'<f4'", "(2, 3)");
    expect(parsed(text, version)).toMatchObject({
      shape: [2, 3],
      start: text.length + (version === 1 ? 10 : 12),
    });
  });

  it.each([0, 4])("of version %d is refused", (version) => {
    expect(() => headerEnd(header("{}  ", version), "x.npy")).toThrow(
      new InputError(`x.npy: expected version 1, 2 or 3 of .npy, received version ${version}`),
    );
  });

  it("may have other quotes, spaces, and the order of columns for a list", () => {
    const text = `{ "descr" : "<f4","fortran_order":True , "shape" :  (6,)}`;
    expect(parsed(text)).toMatchObject({ dtype: { name: "<f4" }, shape: [6] });
  });

  it.each([
    ["{'fortran_order': False, 'shape': (1,)}", "descr"],
    ["{'descr': '<f4', 'shape': (1,)}", "fortran_order"],
    ["{'descr': '<f4', 'fortran_order': False}", "shape"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (a,)}", "shape"],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "fortran_order"],
    ["{'descr': '<f4\", 'fortran_order': False, 'shape': (1,)}", "descr"],
  ])("%s is refused, by its beginning", (text, name) => {
    expect(() => parsed(`  ${text}${" ".repeat(20)}\n`)).toThrow(
      new InputError(`x.npy: expected a header with ${name}, received ${JSON.stringify(text)}`),
    );
    const long = "x".repeat(100);
    expect(() => parsed(long)).toThrow(`received "${long.slice(0, 80)}"`);
  });

  it("is written so that the numbers begin at a multiple of 64 bytes, after a line feed", () => {
    for (const shape of [[], [7], [3, 4], Array.from({ length: 30 }, () => 100)]) {
      const bytes = formatHeader("<f4", shape);
      expect(bytes.length % 64).toBe(0);
      expect(bytes.at(-1)).toBe("\n".charCodeAt(0));
      expect(isNpy(bytes)).toBe(true);
      expect(headerEnd(bytes.subarray(0, 12), "x.npy")).toBe(bytes.length);
      expect(parseHeader(bytes, "x.npy")).toMatchObject({
        shape,
        start: bytes.length,
        dtype: { name: "<f4" },
      });
    }
    // The shortest that fit leave no block of spaces.
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }";
    expect(Buffer.from(formatHeader("<f4", [7])).toString("latin1", 10)).toBe(`${text.padEnd(117)}\n`);
  });

  it("is told by its first six bytes", () => {
    expect(isNpy(Buffer.from("\x93NUMPY", "latin1"))).toBe(true);
    expect(isNpy(Buffer.from("\x93NUMP", "latin1"))).toBe(false);
    expect(isNpy(Buffer.from("xNUMPY", "latin1"))).toBe(false);
  });

  it("may have 64 KiB, and no more", () => {
    const text = (length: number) => dictionary("'<f4'", "(1, 1)").padEnd(length);
    folder.write("long.npy", Buffer.concat([header(text(2 ** 16 - 12), 2), Buffer.alloc(4)]));
    expect(new NpyFile(folder.file("long.npy")).header.start).toBe(2 ** 16);
    folder.write("longer.npy", Buffer.concat([header(text(2 ** 16 - 11), 2), Buffer.alloc(4)]));
    expect(() => new NpyFile(folder.file("longer.npy"))).toThrow(
      new InputError(`${folder.file("longer.npy")}: expected a header of 65537 bytes, received 65541 bytes`),
    );
  });
});

describe("stored numbers", () => {
  const dtype = (name: string) => parsed(dictionary(`'${name}'`, "(1,)")).dtype;

  it.each<[string, ArrayBufferView, ArrayLike<number>]>([
    ["|i1", Int8Array.of(-128, 127), [-128, 127]],
    ["|u1", Uint8Array.of(0, 255), [0, 255]],
    ["|b1", Uint8Array.of(0, 1), [0, 1]],
    ["<i2", Int16Array.of(-32768, 258), [-32768, 258]],
    ["<u2", Uint16Array.of(65535, 258), [65535, 258]],
    ["<i4", Int32Array.of(-(2 ** 31), 66051), [-(2 ** 31), 66051]],
    ["<u4", Uint32Array.of(2 ** 32 - 1, 66051), [2 ** 32 - 1, 66051]],
    ["<i8", BigInt64Array.of(-(2n ** 53n), 7n), [-(2 ** 53), 7]],
    ["<u8", BigUint64Array.of(2n ** 63n, 7n), [2 ** 63, 7]],
    ["<f4", Float32Array.of(-1.5, 2 ** -149), [-1.5, 2 ** -149]],
    ["<f8", Float64Array.of(-0.1, 2 ** -1074), [-0.1, 2 ** -1074]],
    [
      "<f2",
      Uint16Array.of(0x3c00, 0xc000, 0x3555, 1, 0x8001, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x0400, 0x8000),
      [1, -2, 0.333251953125, 2 ** -24, -(2 ** -24), 65504, Infinity, -Infinity, NaN, 2 ** -14, -0],
    ],
  ])("of the type %s are read as they are, in both orders of bytes", (name, array, values) => {
    const bytes = () => Buffer.from(new Uint8Array(array.buffer).slice().buffer);
    expect([...decode(bytes(), dtype(name))]).toEqual(Array.from(values));
    const { size } = dtype(name);
    if (size === 1) return;
    const turned = bytes();
    if (size === 2) turned.swap16();
    if (size === 4) turned.swap32();
    if (size === 8) turned.swap64();
    expect([...decode(turned, dtype(name.replace("<", ">")))]).toEqual(Array.from(values));
  });

  it("are read at an offset", () => {
    const bytes = Buffer.from(Int16Array.of(1, 2, 3, 4, 5, -6).buffer).subarray(8);
    expect([...decode(bytes, dtype("<i2"))]).toEqual([5, -6]);
  });
});

describe("the rows of a .npy file", () => {
  it("are read from where they begin", () => {
    folder.npy(
      "rows.npy",
      "<i2",
      [4, 3],
      Int16Array.from({ length: 12 }, (_, i) => i),
    );
    const file = new NpyFile(folder.file("rows.npy"));
    expect(file.rows).toBe(4);
    expect([...file.read(1, 2)]).toEqual([3, 4, 5, 6, 7, 8]);
    expect([...file.read(3, 1)]).toEqual([9, 10, 11]);
    folder.npy("scalar.npy", "<i2", [], Int16Array.of(5));
    const scalar = new NpyFile(folder.file("scalar.npy"));
    expect([scalar.rows, ...scalar.read(0, 1)]).toEqual([1, 5]);
  });
});

describe("the checksums of a zip archive", () => {
  it("are those of zlib", () => {
    expect(crc32(strToU8("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    const all = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
    if (crc32OfNode) expect(crc32(all)).toBe(crc32OfNode(all));
  });

  it("are found by the names, with comments and other fields between them", () => {
    const archive = zipSync({
      "a.npy": [strToU8("first"), { comment: "a comment", extra: { 7: strToU8("more") } }],
      "é.npy": [strToU8("second"), { comment: "another" }],
      "c.npy": strToU8("third"),
    });
    const expected = new Map([
      ["a.npy", crc32(strToU8("first"))],
      ["é.npy", crc32(strToU8("second"))],
      ["c.npy", crc32(strToU8("third"))],
    ]);
    expect(checksumsOf(archive)).toEqual(expected);
    // A comment of the archive itself, which looks like its end.
    const commented = Buffer.concat([archive, Buffer.alloc(40, "PK\x05")]);
    expect(checksumsOf(commented)).toEqual(expected);
    const within = new Uint8Array(archive.length + 5);
    within.set(archive, 5);
    expect(checksumsOf(within.subarray(5))).toEqual(expected);
  });

  it("are none where there is no directory", () => {
    expect(checksumsOf(new Uint8Array(100))).toEqual(new Map());
    expect(checksumsOf(new Uint8Array(5))).toEqual(new Map());
    // The end alone: an empty archive.
    expect(checksumsOf(zipSync({}))).toEqual(new Map());
  });
});

describe("a .npz file", () => {
  it("gives the arrays that are asked for, at any place", () => {
    folder.write(
      "some.npz",
      zipSync({
        "x.npy": npy("<i2", [3], Int16Array.of(1, 2, 3)),
        "text.npy": npy("|S3", [], Buffer.from("csr")),
        "wide.npy": npy("<U3", [], Buffer.from("c\0\0\0s\0\0\0r\0\0\0")),
        "other.npy": strToU8("no array"),
      }),
    );
    const found = readNpz(folder.file("some.npz"), ["x", "text", "wide"]);
    expect([...found.keys()]).toEqual(["x", "text", "wide"]);
    expect([...(found.get("x")?.numbers() ?? [])]).toEqual([1, 2, 3]);
    expect(Buffer.from(found.get("text")?.bytes ?? []).toString()).toBe("csr");
    for (const name of ["text", "wide"]) {
      expect(() => found.get(name)?.numbers()).toThrow(
        new InputError(`${folder.file("some.npz")}, ${name}.npy: expected numbers, received text`),
      );
    }
  });

  it("has at most 2 GiB", () => {
    folder.write("large.npz", "PK");
    truncateSync(folder.file("large.npz"), 2 ** 31);
    expect(() => readNpz(folder.file("large.npz"), [])).toThrow(
      new InputError(
        `${folder.file("large.npz")}: expected a .npz file of at most 2 GiB, received 2147483648 bytes`,
      ),
    );
  });

  it("with a header that is cut off is refused", () => {
    const whole = npy("<i2", [3], Int16Array.of(1, 2, 3));
    folder.write("cut.npz", zipSync({ "x.npy": whole.subarray(0, 20) }));
    expect(() => readNpz(folder.file("cut.npz"), ["x"])).toThrow(
      new InputError(`${folder.file("cut.npz")}, x.npy: expected a header of 128 bytes, received 20 bytes`),
    );
  });

  it("of predictions has room for a number of them that zip can count", () => {
    const writer = new CsrWriter(() => {}, 3);
    const most = 2 ** 30 - 64;
    const many = (length: number) => ({ offsets: Int32Array.of(0), indices: { length } as Int32Array });
    expect(() => writer.add(many(most))).not.toThrow();
    expect(() => writer.add(many(1))).toThrow(
      new InputError(
        `--out: expected at most ${most} predictions in a .npz file; write .ndjson, received more`,
      ),
    );
  });
});

describe("numbers of float16", () => {
  it("are the float32 of the same value, all of them", () => {
    const words = Uint16Array.from({ length: 2 ** 16 }, (_, word) => word);
    const got = decode(Buffer.from(words.buffer), { name: "<f2", kind: "float", size: 2, isSwapped: false });
    const bits = Uint32Array.from(words, (word) => {
      const sign = (word & 0x8000) << 16;
      const [exponent, fraction] = [(word >> 10) & 31, word & 1023];
      if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
      if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
      // Below the normal numbers: so many steps of 2^-24.
      return sign | new Uint32Array(Float32Array.of(fraction / 2 ** 24).buffer)[0]!;
    });
    const right = new Float32Array(bits.buffer);
    const wrong = words.findIndex((word) => !Object.is(got[word], right[word]));
    expect(wrong, "the word of the first that is not").toBe(-1);
  });
});

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { inject } from "vitest";
import { formatHeader } from "../../src/cli/npyHeader.ts";
import type { SparseLabels } from "../../src/index.ts";
import type {} from "../support/effort.ts";

export const cli = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));

/** What a command has printed and how it ended. */
export type Run = Pick<SpawnSyncReturns<string>, "status" | "stdout" | "stderr">;

/** On mutants: those are not in the built command line. */
export const isInProcess = inject("isQuick");

const { runHere } = isInProcess ? await import("./inProcess.ts") : {};

/** A folder of files, in which commands are run. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "zlpr-cli-"));

  /** Runs the built command line with these arguments, on mutants the same in this process. */
  run(args: string, options: { input?: string; uid?: number; program?: string } = {}): Run {
    const words = args.split(" ").filter(Boolean);
    const { program = cli, ...rest } = options;
    if (runHere) return runHere(words, this.path, options.input);
    return spawnSync(process.execPath, [program, ...words], { cwd: this.path, encoding: "utf8", ...rest });
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.file(name), content);
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  npy(name: string, dtype: string, shape: number[], numbers: ArrayBufferView): void {
    this.write(name, npy(dtype, shape, numbers));
  }

  /** A matrix of 0 and 1 as `scipy.sparse.save_npz` writes it; any of its arrays may be another one. */
  csr(
    name: string,
    labels: SparseLabels,
    shape: [number, number],
    others: Record<string, Uint8Array> = {},
  ): void {
    const { offsets, indices } = labels;
    this.write(
      name,
      zipSync({
        "indices.npy": npy("<i4", [indices.length], indices),
        "indptr.npy": npy("<i4", [offsets.length], offsets),
        "format.npy": npy("|S3", [], Buffer.from("csr")),
        "shape.npy": npy("<i8", [2], BigInt64Array.from(shape, BigInt)),
        "data.npy": npy("<f8", [indices.length], new Float64Array(indices.length).fill(1)),
        ...others,
      }),
    );
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The bytes of a .npy file. */
export function npy(
  dtype: string,
  shape: number[],
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): Uint8Array {
  return Buffer.concat([formatHeader(dtype, shape), new Uint8Array(buffer, byteOffset, byteLength)]);
}

/** The labels of each row as a line. */
export function lines(
  { offsets, indices }: SparseLabels,
  wrap: (list: number[]) => unknown = (list) => list,
): string {
  return Array.from(offsets.subarray(1), (end, row) =>
    JSON.stringify(wrap([...indices.subarray(offsets[row], end)])),
  )
    .map((line) => `${line}\n`)
    .join("");
}

/** What numpy and scipy make of a program, or why they are not there. */
export function python(program: string, cwd: string): { output: string } | { missing: string } {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], { cwd, encoding: "utf8" });
  if (status === 0) return { output: stdout };
  return { missing: stderr?.trim().split("\n").at(-1) || "no python3" };
}

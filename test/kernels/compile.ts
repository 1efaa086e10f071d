import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Variant } from "../../src/index.ts";

/** The variants that are compiled. */
export type WasmVariant = Exclude<Variant, "js">;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What is needed of the compiler. */
interface Compiler {
  main(
    argv: string[],
    io: {
      readFile(name: string): string | null;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): string[];
    },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

/** In a variable, so that its types stay out: they declare globals like max, and would hide that src/ lacks them. */
const COMPILER: string = "assemblyscript/asc";

const FLAGS = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--use", "abort=", "--enable", "simd"];

/**
 * A binary of functions in assembly/ that the package does not export, compiled with its flags. `entry` is the text of a
 * program in AssemblyScript, which may import them from "./assembly/…"; `memory` is what it needs, in bytes.
 */
export async function compileWasm(
  variant: WasmVariant,
  entry: string,
  memory: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const asc: Compiler = await import(COMPILER);
  const { error, stderr } = await asc.main(
    [
      ...["entry.ts", "--outFile", "entry.wasm", ...FLAGS],
      ...(variant === "relaxed" ? ["--enable", "relaxed-simd"] : []),
      ...["--initialMemory", String(Math.ceil(memory / 65536))],
    ],
    {
      readFile(name) {
        if (name === "entry.ts") return entry;
        // Nothing else is read but the functions: not asconfig.json, whose entries would be compiled too.
        return name.startsWith("assembly/") ? readFileSync(join(ROOT, name), "utf8") : null;
      },
      writeFile(_name, contents) {
        if (typeof contents !== "string") binary = Uint8Array.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`asc: ${stderr.toString()}`, { cause: error });
  if (!binary) throw new Error("asc wrote no binary");
  return binary;
}

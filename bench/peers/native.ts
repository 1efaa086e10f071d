import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Peer, type Program, Unavailable } from "./peer.ts";

const source = fileURLToPath(new URL("native.c", import.meta.url));
const folder = fileURLToPath(new URL("../../build/native/", import.meta.url));

const WIDTHS = [128, 256, 512];

/** What a failed command has said, in a line. */
function reasonOf(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  const lines = (stderr || message).trim().split("\n");
  return (lines.find((line) => line.includes("error:")) ?? lines[0] ?? "").replace(
    /^.*error: (#error )?/,
    "",
  );
}

function run(file: string, args: string[]): string {
  return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function compile(width: number): Program {
  const binary = `${folder}zlpr-${width}`;
  const flags = ["-O3", "-march=native", `-DWIDTH=${width}`];
  if (process.arch === "x64") flags.push(`-mprefer-vector-width=${width}`);
  run("gcc", [...flags, "-o", binary, source, "-lm"]);
  return { name: `C, ${width} bits`, bounds: { loss: 2, grad: 4 }, command: [binary] };
}

/** The machine's own code, made by gcc for this very processor. */
export const native: Peer = {
  name: "native",
  async open() {
    let version: string;
    try {
      version = run("gcc", ["-dumpfullversion"]).trim();
    } catch {
      throw new Unavailable("there is no gcc");
    }
    mkdirSync(folder, { recursive: true });
    const programs: Program[] = [];
    const skipped: { name: string; reason: string }[] = [];
    for (const width of WIDTHS) {
      try {
        programs.push(compile(width));
      } catch (error) {
        skipped.push({ name: `C, ${width} bits`, reason: reasonOf(error) });
      }
    }
    return { version: `gcc ${version}`, programs, skipped };
  },
};

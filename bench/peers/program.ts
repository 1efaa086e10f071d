import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Effort, Measurement } from "../measure.ts";
import type { Bounds, PeerData, Program } from "./peer.ts";

const run = promisify(execFile);

/** What a program has computed. */
export interface ProgramResults {
  rowLosses: Float64Array;
  grad: Float32Array;
  exponentials: Float32Array;
}

/** The samples of one of a program's passes: Nanoseconds a call. */
interface ProgramPass extends Measurement {
  pass: "loss and gradient" | "loss alone" | "exponentials alone";
}

/** Variables that keep numeric libraries to one thread. */
const ONE_THREAD = { OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };

/** The same data for all programs, in a file. `close` removes it. */
export class ProgramData {
  readonly #folder = mkdtempSync(join(tmpdir(), "zlpr-peers-"));
  readonly #data: PeerData;

  constructor(data: PeerData) {
    this.#data = data;
    const { rows, classes, logits, labels } = data;
    const shape = new Uint8Array(Int32Array.of(rows, classes).buffer);
    const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
    writeFileSync(this.#path("data"), Buffer.concat([shape, bytes, labels]));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async #start({ command, environment }: Program, rounds: number, sampleMs: number, warmUpMs: number) {
    const [file, ...args] = command;
    const numbers = [rounds, sampleMs * 1e6, warmUpMs * 1e6].map(String);
    const { stdout } = await run(file, [...args, this.#path("data"), this.#path("results"), ...numbers], {
      env: { ...process.env, ...ONE_THREAD, ...environment },
      maxBuffer: 2 ** 26,
    });
    return JSON.parse(stdout) as ProgramPass[];
  }

  /** Runs a program without timing it. */
  async results(program: Program): Promise<ProgramResults> {
    await this.#start(program, 0, 0, 0);
    const { rows, classes } = this.#data;
    const count = rows * classes;
    const { buffer } = new Uint8Array(readFileSync(this.#path("results")));
    return {
      rowLosses: new Float64Array(buffer, 0, rows),
      grad: new Float32Array(buffer, 8 * rows, count),
      exponentials: new Float32Array(buffer, 8 * rows + 4 * count, count),
    };
  }

  measure(program: Program, { rounds, sampleMs, warmUpMs }: Effort): Promise<ProgramPass[]> {
    return this.#start(program, rounds, sampleMs, warmUpMs);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Of an exponential alone. */
export const EXPONENTIAL_BOUND: Bounds["grad"] = 2;

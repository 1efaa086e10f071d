import { CommanderError } from "commander";
import { InputError } from "./errors.js";
import { createProgram } from "./program.js";

/** Bad input or usage. */
const BAD_INPUT = 2;

const UNEXPECTED = 1;

/** Runs a command of these arguments, of which the first two are not its own, and returns the exit status. */
export function run(argv: readonly string[]): number {
  try {
    createProgram().parse(argv);
    return 0;
  } catch (error) {
    return explain(error);
  }
}

/** Tells what went wrong, and returns the exit status. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  // Whoever reads the output has seen enough.
  if ((error as NodeJS.ErrnoException | null)?.code === "EPIPE") return 0;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof InputError) {
    console.error(`zlpr: ${message}`);
    return BAD_INPUT;
  }
  console.error(`zlpr: unexpected error: ${message}`);
  return UNEXPECTED;
}

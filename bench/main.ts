import { fileURLToPath } from "node:url";
import { runUnder } from "../scripts/node.ts";
import { WrongResult } from "./check.ts";
import { nodeFlags, nodeMajor } from "./environment.ts";
import type { CommonOptions } from "./options.ts";

/** Runs a benchmark, whose script lies at `url`, under the Node that the options name. A wrong result ends it. */
export async function main(url: string, { node }: CommonOptions, bench: () => Promise<void>): Promise<void> {
  if (node !== undefined && node !== nodeMajor()) {
    process.exitCode = runUnder(node, fileURLToPath(url), process.argv.slice(2), nodeFlags());
    return;
  }
  try {
    await bench();
  } catch (error) {
    if (!(error instanceof WrongResult)) throw error;
    console.error(`wrong result, nothing was written: ${error.message}`);
    process.exitCode = 1;
  }
}

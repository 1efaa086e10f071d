// Compares the bits of the variant "simd" with test/bits/bits.json on every supported Node, or writes that file anew.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Command } from "commander";
import { addMajor, nodeBinary, SUPPORTED } from "../../scripts/node.ts";
import { differences, type Hashes, hashesOfAll } from "./cases.ts";

const MOST_NAMED = 20;

const file = fileURLToPath(new URL("bits.json", import.meta.url));

const options = new Command("npm run bits --")
  .description(`Compares the bits of all results of the variant "simd" with those in ${file}.`)
  .option("--write", "write that file instead, with the bits of this Node", false)
  .option("--print", "print the bits of this Node", false)
  .option("--node <majors...>", "only these versions of Node", addMajor)
  .parse()
  .opts<{ write: boolean; print: boolean; node?: number[] }>();

function textOf(hashes: Hashes): string {
  return `${JSON.stringify(hashes, null, 2)}\n`;
}

/** The bits on another Node, in a process of its own. */
async function hashesOn(major: number): Promise<Hashes> {
  const args = ["--import", import.meta.resolve("tsx"), fileURLToPath(import.meta.url), "--print"];
  const { stdout } = await promisify(execFile)(nodeBinary(major), args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Hashes;
}

async function compare(majors: readonly number[]): Promise<void> {
  const right = JSON.parse(readFileSync(file, "utf8")) as Hashes;
  const cases = Object.values(right).reduce((sum, group) => sum + Object.keys(group).length, 0);
  const reports = majors.map(async (major) => {
    const wrong = differences(await hashesOn(major), right);
    if (wrong.length === 0) {
      console.log(`Node ${major}: the same bits in all ${cases} cases`);
      return;
    }
    process.exitCode = 1;
    console.error(`Node ${major}: other bits in ${wrong.length} of ${cases} cases`);
    for (const name of wrong.slice(0, MOST_NAMED)) console.error(`  ${name}`);
    if (wrong.length > MOST_NAMED) console.error(`  and ${wrong.length - MOST_NAMED} more`);
  });
  await Promise.all(reports);
}

if (options.print) process.stdout.write(textOf(await hashesOfAll()));
else if (options.write) writeFileSync(file, textOf(await hashesOfAll()));
else await compare(options.node ?? SUPPORTED);

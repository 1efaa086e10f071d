import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { addMajor, nodeBinary, SUPPORTED } from "./node.ts";

const program = new Command("npm run test:nodes --")
  .description("Runs the suite on several versions of Node, which are installed into build/nodes.")
  .argument("[majors...]", `only these versions; by default ${SUPPORTED.join(", ")}`, addMajor)
  .parse();
const majors: readonly number[] = program.processedArgs[0] ?? SUPPORTED;

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const failed = [];
for (const major of majors) {
  const binary = nodeBinary(major);
  console.log(`\nNode ${major}`);
  const { status } = spawnSync(binary, [vitest, "run", "--reporter=dot"], { stdio: "inherit" });
  if (status !== 0) failed.push(major);
}
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(", ")}`);
  process.exitCode = 1;
}

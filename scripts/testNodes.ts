// Runs the suite on every supported major version of Node, or on those named: npm run test:nodes -- 24
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nodeBinary, SUPPORTED } from "./node.ts";

const asked = process.argv.slice(2).map(Number);
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const failed = [];
for (const major of asked.length > 0 ? asked : SUPPORTED) {
  const binary = nodeBinary(major);
  console.log(`\nNode ${major}`);
  const { status } = spawnSync(binary, [vitest, "run", "--reporter=dot"], { stdio: "inherit" });
  if (status !== 0) failed.push(major);
}
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(", ")}`);
  process.exitCode = 1;
}

// node bench/withNode.mjs MAJOR [flags of Node] SCRIPT.ts [arguments]: runs a TypeScript file under another Node.
import { spawnSync } from "node:child_process";
import { nodeBinary } from "../scripts/node.mjs";

const [major, ...rest] = process.argv.slice(2);
const binary = await nodeBinary(Number(major));
const { status, error } = spawnSync(binary, ["--import", import.meta.resolve("tsx"), ...rest], {
  stdio: "inherit",
});
if (error) throw error;
process.exitCode = status ?? 1;

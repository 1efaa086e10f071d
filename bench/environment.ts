import { execFileSync } from "node:child_process";
import { arch, cpus, loadavg, platform } from "node:os";

/** Where and when numbers were taken. */
export interface Environment {
  date: string;
  node: string;
  v8: string;
  flags: string[];
  nodeOptions: string | undefined;
  cpu: string;
  cores: number;
  loadAverage: number;
  platform: string;
  arch: string;
  commit: string | undefined;
}

export function nodeMajor(): number {
  return Number.parseInt(process.versions.node, 10);
}

/** The flags that this process was started with, save those that make it read TypeScript. */
export function nodeFlags(): string[] {
  const loaders = ["--import", "--require", "-r", "--loader", "--experimental-loader"];
  return process.execArgv.filter(
    (flag, i, all) => !loaders.includes(flag.split("=")[0] ?? "") && !loaders.includes(all[i - 1] ?? ""),
  );
}

function commit(): string | undefined {
  try {
    const args = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    const cwd = new URL(".", import.meta.url);
    return execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    // No git, or not a working copy.
    return undefined;
  }
}

export function readEnvironment(): Environment {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    node: process.versions.node,
    v8: process.versions.v8,
    flags: nodeFlags(),
    nodeOptions: process.env.NODE_OPTIONS,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    loadAverage: loadavg()[0] ?? 0,
    platform: platform(),
    arch: arch(),
    commit: commit(),
  };
}

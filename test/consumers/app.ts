import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
export const root = fileURLToPath(new URL("../..", import.meta.url));
const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));

/** A program of somebody who has installed the package, and nothing else. */
export interface App {
  folder: string;
  /** The path of one of its files. */
  path(file: string): string;
  /** Writes files, each by its path in the app. */
  write(files: Record<string, string>): Promise<void>;
  /** Runs a program of it under this Node, and returns what it prints. */
  node(file: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Packs the package and unpacks it into the node_modules of a new folder, beside the files of `fixtures`. */
export async function makeApp(): Promise<App> {
  const folder = await mkdtemp(join(tmpdir(), "zlpr-app-"));
  const path = (file: string) => join(folder, file);
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
    shell: process.platform === "win32",
  });
  const packed: unknown = JSON.parse(stdout);
  const { filename } = (Array.isArray(packed) ? packed[0] : Object.values(packed as object)[0]) as {
    filename: string;
  };
  await mkdir(path("node_modules/zlpr"), { recursive: true });
  await run("tar", ["-xzf", path(filename), "-C", path("node_modules/zlpr"), "--strip-components=1"]);
  await rm(path(filename));
  await cp(fixtures, folder, { recursive: true });

  async function write(files: Record<string, string>): Promise<void> {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(path(file)), { recursive: true });
      await writeFile(path(file), content);
    }
  }
  await write({ "package.json": '{ "private": true, "type": "module" }' });
  return {
    folder,
    path,
    write,
    node: async (file, ...args) => (await run(process.execPath, [file, ...args], { cwd: folder })).stdout,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Checks a TypeScript program of an app, without any types but its own and the package's; its errors, or nothing. */
export async function typeErrors(app: App, file: string, flags: string[]): Promise<string> {
  const compiler = app.path("node_modules/typescript");
  await rm(compiler, { recursive: true, force: true });
  await symlink(join(root, "node_modules/typescript"), compiler, "junction");
  const strict = ["--strict", "--noEmit", "--target", "es2022"];
  try {
    await run(process.execPath, [join(compiler, "bin/tsc"), ...strict, ...flags, file], { cwd: app.folder });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** What fixtures/report.js reports of the package it is given. */
export interface Report {
  variant: string;
  loss: number;
  grad: number[];
  zlpr: string[];
  simd: Record<string, string[]> | string;
}

/** The report of an app under this Node: what every other place has to agree with. */
export async function nodeReport(app: App): Promise<Report> {
  await app.write({
    "node.js": `import { createLosses, zlpr } from "zlpr"; import { report } from "./report.js";
      console.log(JSON.stringify(report({ createLosses, zlpr })));`,
  });
  return JSON.parse(await app.node("node.js")) as Report;
}

/** A file of the packed package. */
export function packedFile(app: App, file: string): Promise<string> {
  return readFile(app.path(`node_modules/zlpr/${file}`), "utf8");
}

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { basename, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/cli/errors.ts";
import { openOutput } from "../../src/cli/outputFile.ts";
import { example } from "../support/random.ts";
import { failure, replaceFile, restoreFiles } from "../support/system.ts";
import { cli, Folder, isInProcess, type Run } from "./support.ts";

/* Where a result goes: over no input, whole or not at all, and to what is no file as it is. */

const folder = new Folder();
afterAll(() => folder.remove());
afterEach(restoreFiles);

const { rows, classes, logits, labels } = example(500, 100, 1, 1);

beforeAll(() => {
  folder.npy("L.npy", "<f4", [rows, classes], logits);
  folder.npy("Y.npy", "|u1", [rows, classes], labels);
});

const EVAL = "eval --logits L.npy --labels Y.npy --no-ranking";

function refuses(args: string, message: string, input?: string): void {
  const { status, stdout, stderr } = folder.run(args, input === undefined ? {} : { input });
  expect(stderr).toBe(`zlpr: ${message}\n`);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
}

function works(args: string): string {
  const { status, stdout, stderr } = folder.run(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

function unfinished(): string[] {
  return fs.readdirSync(folder.path).filter((name) => name.endsWith(".tmp"));
}

describe("an input is not written over", () => {
  function keeps(args: string, file: string, out: string, role: string): void {
    const before = folder.read(file);
    refuses(
      `${args} --out ${out}`,
      `${out}: expected --out to be another file than ${role}, received the same file`,
    );
    expect(folder.read(file).equals(before)).toBe(true);
    expect(unfinished()).toEqual([]);
  }

  it("by its own path or another one, a hard or a symbolic link", () => {
    fs.mkdirSync(folder.file("sub"));
    fs.linkSync(folder.file("L.npy"), folder.file("hard.npy"));
    fs.symlinkSync("L.npy", folder.file("soft.npy"));
    for (const out of ["L.npy", "./sub/../L.npy", "hard.npy", "soft.npy"]) {
      keeps(EVAL, "L.npy", out, "--logits L.npy");
    }
    keeps("eval --logits soft.npy --labels Y.npy", "L.npy", "L.npy", "--logits soft.npy");
  });

  it("whatever it is: labels, weights of the classes, a part, scores of a prediction", () => {
    keeps(EVAL, "Y.npy", "Y.npy", "--labels Y.npy");
    folder.npy("w.npy", "<f4", [classes], new Float32Array(classes).fill(1));
    const weighted = `${EVAL} --loss sigmoidCrossEntropy --positive-weights w.npy`;
    keeps(weighted, "w.npy", "w.npy", "--positive-weights w.npy");
    works(`${weighted} --out weighted.txt`);
    for (const shard of [1, 2]) works(`${EVAL} --shard ${shard}/2 --out ${shard}.json`);
    keeps("merge 1.json 2.json", "2.json", "2.json", "the part 2.json");
    fs.linkSync(folder.file("L.npy"), folder.file("P.npz"));
    keeps("predict --logits L.npy", "L.npy", "P.npz", "--logits L.npy");
  });

  it("also as standard input", (context) => {
    if (isInProcess) context.skip("has the standard input of a process of its own");
    folder.write("Y.ndjson", "[0]\n".repeat(rows));
    const command = `${process.execPath} ${cli} eval --logits L.npy --labels - --out Y.ndjson < Y.ndjson`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: folder.path, encoding: "utf8" });
    expect(stderr).toBe(
      "zlpr: Y.ndjson: expected --out to be another file than --labels -, received the same file\n",
    );
    expect(status).toBe(2);
    expect(folder.read("Y.ndjson").toString()).toBe("[0]\n".repeat(rows));
  });

  it("that cannot be looked at is refused as what it is", () => {
    folder.write("there.txt", "");
    fs.symlinkSync("round.npy", folder.file("round.npy"));
    const message = "round.npy: expected a file to read, received a symbolic link that leads to itself";
    refuses("eval --logits round.npy --labels Y.npy --out there.txt", message);
  });
});

describe("a place that cannot be written is refused before the work is done", () => {
  // Labels that are wrong would be refused in the course of it.
  const work = "eval --logits L.npy --labels wrong.npy";
  beforeAll(() => folder.npy("wrong.npy", "|u1", [rows, classes], labels.with(7, 2)));

  const noFolder = "expected a folder to write into, received a path that does not exist";

  it.each([
    [".", ".: expected a file to write, received a directory"],
    ["nowhere/p.json", `nowhere: ${noFolder}`],
    ["nowhere/", `nowhere: ${noFolder}`],
    ["/nonexist/p.json", `/nonexist: ${noFolder}`],
    ["L.npy/p.json", "L.npy/p.json: expected a file to write, received a path that does not exist"],
    ["n".repeat(255), ".: expected a folder to write into, received a name that is too long"],
  ])("%s", (out, message) => refuses(`${work} --out ${out}`, message));

  it("an empty path", () => {
    expect(() => openOutput("", [])).toThrow(
      new InputError("--out: expected the path of a file, received an empty one"),
    );
  });

  it.each([
    ["EACCES", "one without the permission"],
    ["EROFS", "one that can only be read"],
    ["ENOSPC", "a disk without room"],
  ])("a folder that the system refuses: %s", (code, received) => {
    replaceFile("openSync", () => {
      throw failure(code);
    });
    expect(() => openOutput(folder.file("p.json"), [])).toThrow(
      new InputError(`${folder.path}: expected a folder to write into, received ${received}`),
    );
  });
});

describe("a file", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

  it("gets its name when it is complete, and is closed", () => {
    const path = folder.file("whole");
    const output = openOutput(path, []);
    expect(output.isFile).toBe(true);
    expect(unfinished()).toEqual([]);
    const close = replaceFile("closeSync", fs.closeSync);
    output.write((sink) => {
      sink(bytes);
      expect(fs.existsSync(path)).toBe(false);
      expect(unfinished()).toEqual([expect.stringMatching(/^whole\.[a-z0-9]+\.tmp$/)]);
    });
    expect(close).toHaveBeenCalledOnce();
    expect(new Uint8Array(folder.read("whole"))).toEqual(bytes);
    expect(unfinished()).toEqual([]);
  });

  it("stays what it was, and nothing half-written is left, where the work or the writing fails", () => {
    folder.write("kept.npz", "before");
    const before = fs.readdirSync(folder.path);
    for (const name of ["kept.npz", "fresh.npz"]) {
      expect(() =>
        openOutput(folder.file(name), []).write((sink) => {
          sink(bytes);
          throw new Error("no more rows");
        }),
      ).toThrow("no more rows");
      const output = openOutput(folder.file(name), []);
      replaceFile("writeSync", () => {
        throw failure("EDQUOT");
      });
      expect(() => output.write((sink) => sink(bytes))).toThrow(
        new InputError(`${folder.file(name)}: expected a file to write, received a quota that is used up`),
      );
      restoreFiles();
    }
    expect(folder.read("kept.npz").toString()).toBe("before");
    expect(fs.readdirSync(folder.path)).toEqual(before);
  });

  it("leaves nothing where it cannot get its name", () => {
    const output = openOutput(folder.file("taken"), []);
    fs.mkdirSync(folder.file("taken"));
    expect(() => output.write(() => {})).toThrow(
      new InputError(`${folder.file("taken")}: expected a file to write, received a directory`),
    );
    expect(unfinished()).toEqual([]);
  });

  it.each([0o600, 0o666, 0o444])("that is replaced keeps its permissions: %o", (mode) => {
    folder.write("modes.txt", "before");
    fs.chmodSync(folder.file("modes.txt"), mode);
    const { openSync } = fs;
    // From its beginning on it may be read by nobody else.
    const open = replaceFile("openSync", openSync);
    openOutput(folder.file("modes.txt"), []).write((sink) => {
      sink(bytes);
      const [name = ""] = unfinished();
      expect(fs.statSync(folder.file(name)).mode & 0o777).toBe(mode);
    });
    for (const call of open.mock.calls) expect(call[2]).toBe(mode);
    expect(open).toHaveBeenCalledTimes(2);
    expect(fs.statSync(folder.file("modes.txt")).mode & 0o777).toBe(mode);
    expect(new Uint8Array(folder.read("modes.txt"))).toEqual(bytes);
    fs.rmSync(folder.file("modes.txt"));
  });

  it("is replaced at the end of symbolic links, or made there", () => {
    fs.mkdirSync(folder.file("runs/today"), { recursive: true });
    fs.symlinkSync("runs/today", folder.file("latest"));
    // From the folder that the link is in, which is not the one that its path names.
    fs.symlinkSync("../there.txt", folder.file("latest/link.txt"));
    fs.symlinkSync("link.txt", folder.file("latest/chain.txt"));
    const expected = works(EVAL);
    for (const isThere of [false, true]) {
      if (isThere) folder.write("runs/there.txt", "before");
      else fs.rmSync(folder.file("runs/there.txt"), { force: true });
      expect(works(`${EVAL} --out latest/chain.txt`)).toBe("");
      expect(folder.read("runs/there.txt").toString()).toBe(expected);
      expect(fs.lstatSync(folder.file("latest/chain.txt")).isSymbolicLink()).toBe(true);
      expect(fs.lstatSync(folder.file("runs/today/link.txt")).isSymbolicLink()).toBe(true);
    }
    fs.symlinkSync("nowhere/p.txt", folder.file("lost.txt"));
    refuses(
      `${EVAL} --out lost.txt`,
      `${join(fs.realpathSync(folder.path), "nowhere")}: expected a folder to write into, received a path that does not exist`,
    );
  });
});

it.skipIf(isInProcess || process.platform === "win32")(
  "a signal ends the command at once, and what was there stays",
  async () => {
    // Of holes, which take no space: so long that the command is still at work when the signal comes.
    folder.npy("long.npy", "<f4", [10_000_000, 100], new Float32Array());
    fs.truncateSync(folder.file("long.npy"), fs.statSync(folder.file("long.npy")).size + 4e9);
    folder.write("P.ndjson", "before");
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const args = [cli, "predict", "--logits", "long.npy", "--out", "P.ndjson"];
      const child = spawn(process.execPath, args, { cwd: folder.path, stdio: "ignore" });
      const ended = new Promise((done) => child.once("close", (_, by) => done(by)));
      const size = (name: string) => fs.statSync(folder.file(name), { throwIfNoEntry: false })?.size ?? 0;
      const half = () => unfinished().find((name) => size(name) > 0);
      while (!half() && child.exitCode === null) {
        await new Promise((next) => setTimeout(next, 1));
      }
      child.kill(signal);
      expect(await ended).toBe(signal);
      expect(folder.read("P.ndjson").toString()).toBe("before");
      expect(unfinished()).toEqual([half()]);
      fs.rmSync(folder.file(half() as string));
    }
  },
);

const hasDevices = process.platform === "linux" && !isInProcess;

describe.skipIf(!hasDevices)(`what is no file${hasDevices ? "" : ": is about processes on Linux"}`, () => {
  // Root could replace the devices of the machine, and would where the command is at fault.
  const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
  const program = folder.file("cli.mjs");
  beforeAll(() => {
    fs.copyFileSync(cli, program);
    fs.chmodSync(folder.path, 0o777);
  });

  function runSafely(args: string): Run {
    return folder.run(args, { ...nobody, program });
  }

  function shell(command: string): Run {
    return spawnSync("sh", ["-c", command], { cwd: folder.path, encoding: "utf8", ...nobody });
  }

  it("is written as it is: /dev/null", () => {
    const before = fs.statSync("/dev/null");
    for (const command of [EVAL, `${EVAL} --shard 1/2`, "predict --logits L.npy"]) {
      expect(runSafely(`${command} --out /dev/null`)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    }
    const { ino, rdev, mode } = fs.statSync("/dev/null");
    expect({ ino, rdev, mode }).toEqual({ ino: before.ino, rdev: before.rdev, mode: before.mode });
  });

  it("is written as it is: /dev/stdout, be it a socket, a pipe or a file that goes on", () => {
    const expected = works(EVAL);
    for (const command of [EVAL, "predict --logits L.npy"]) {
      const { stdout, stderr } = runSafely(`${command} --out /dev/stdout`);
      expect({ stdout, stderr }).toEqual({ stdout: works(command), stderr: "" });
    }
    const command = `${process.execPath} ${program} ${EVAL} --out /dev/stdout`;
    const { stdout, stderr } = shell(`{ echo first; ${command}; echo last; } > all.txt; ${command} | cat`);
    expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: "" });
    expect(folder.read("all.txt").toString()).toBe(`first\n${expected}last\n`);
  });

  it("is written as it is: a pipe with a name, also a matrix", async (context) => {
    for (const out of ["fifo.txt", "fifo.npz"]) {
      if (spawnSync("mkfifo", [folder.file(out)]).status !== 0) context.skip("no mkfifo");
    }
    expect((await throughPipe(`${EVAL} --out fifo.txt`)).toString()).toBe(works(EVAL));
    const matrix = await throughPipe("predict --logits L.npy --out fifo.npz");
    works("predict --logits L.npy --out P2.npz");
    expect(unzipSync(matrix)).toEqual(unzipSync(folder.read("P2.npz")));
  });

  /** What a reader gets of the pipe that a command writes to, which is one afterwards. */
  async function throughPipe(args: string): Promise<Buffer> {
    const out = folder.file(args.split(" ").at(-1) as string);
    const child = spawn(process.execPath, [cli, ...args.split(" ")], { cwd: folder.path, stdio: "ignore" });
    const ended = new Promise((done) => child.once("close", done));
    const got = await fs.promises.readFile(out);
    expect(await ended).toBe(0);
    expect(fs.statSync(out).isFIFO()).toBe(true);
    return got;
  }

  it("has a name in the message where it takes no more", () => {
    const received = "expected a file to write, received a disk without room";
    fs.symlinkSync("/dev/full", folder.file("full.npz"));
    works(`${EVAL} --shard 1/2 --out half.json`);
    for (const [command, out] of [
      [EVAL, "/dev/full"],
      ["merge --partial half.json", "/dev/full"],
      ["predict --logits L.npy", "/dev/full"],
      ["predict --logits L.npy", "full.npz"],
    ]) {
      const { status, stderr } = runSafely(`${command} --out ${out}`);
      expect({ status, stderr }).toEqual({ status: 2, stderr: `zlpr: ${out}: ${received}\n` });
    }
    const { status, stderr } = shell(`${process.execPath} ${program} predict --logits L.npy > /dev/full`);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `zlpr: standard output: ${received}\n` });
    expect(fs.statSync("/dev/full").isCharacterDevice()).toBe(true);
  });

  it("cannot be a socket that others listen to", async () => {
    const { createServer } = await import("node:net");
    const path = folder.file("socket");
    const server = createServer().listen(path);
    await new Promise((done) => server.once("listening", done));
    const received = /^zlpr: socket: expected a file to write, received ENXIO\n$/;
    expect(folder.run(`${EVAL} --out ${basename(path)}`).stderr).toMatch(received);
    expect(fs.statSync(path).isSocket()).toBe(true);
    server.close();
  });
});

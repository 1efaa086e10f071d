import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findExecutable } from "../support/executable.ts";

/* A Slurm of this machine alone: its daemons, their key and all their files are in a temporary folder. */

const DAEMONS = ["munged", "slurmctld", "slurmd"] as const;

/** Daemons are not in the `PATH` of every user. */
function daemon(name: string): string | undefined {
  return findExecutable(name) ?? findExecutable(`../sbin/${name}`);
}

const missing = [
  ...DAEMONS.filter((name) => daemon(name) === undefined),
  ...["sbatch", "squeue", "sinfo", "scancel"].filter((name) => findExecutable(name) === undefined),
];

/** Why Slurm cannot run here. */
export const slurmReason =
  missing.length > 0 ? `no ${missing.join(", ")} in PATH: apt-get install slurm-wlm munge` : undefined;

/** How long daemons may take to start, and to end when they are asked to. */
const START_MS = 60_000;
const END_MS = 10_000;

export class PrivateSlurm {
  readonly #folder = mkdtempSync(join(tmpdir(), "zlpr-slurm-"));
  readonly #running: ChildProcess[] = [];
  /** What `sbatch` and the others find it by. */
  readonly env = { SLURM_CONF: join(this.#folder, "slurm.conf") };

  /** Starts all of it, and returns when it takes jobs. */
  async start(): Promise<void> {
    const file = (name: string) => join(this.#folder, name);
    // munged wants a socket that every user can reach.
    chmodSync(this.#folder, 0o711);
    for (const name of ["state", "spool", "socket"]) mkdirSync(file(name), { mode: 0o755 });
    writeFileSync(file("key"), randomBytes(128), { mode: 0o600 });
    writeFileSync(file("plugstack.conf"), "");
    const [ctldPort, slurmdPort] = await freePorts(2);
    writeFileSync(this.env.SLURM_CONF, this.#settings(ctldPort as number, slurmdPort as number));

    const paths = ["key-file=key", "socket=socket/munge", "pid-file=munged.pid", "seed-file=seed"];
    const flags = [...paths, "log-file=munged.log"].map(
      (flag) => `--${flag.replace("=", `=${this.#folder}/`)}`,
    );
    this.#spawn("munged", ["--foreground", "--force", "--num-threads=2", ...flags]);
    await this.#until("munged", () => this.#ask("munge", "--no-input", `--socket=${file("socket/munge")}`));
    this.#spawn("slurmctld", ["-D", "-f", this.env.SLURM_CONF]);
    this.#spawn("slurmd", ["-D", "-f", this.env.SLURM_CONF]);
    await this.#until("Slurm", () => {
      const state = this.#ask("sinfo", "--noheader", "--format=%T");
      if (state !== "idle") throw new Error(`the node is ${state}`);
    });
  }

  #settings(ctldPort: number, slurmdPort: number): string {
    const name = hostname().split(".")[0];
    const { username } = userInfo();
    return [
      "ClusterName=zlpr",
      `SlurmctldHost=${name}(127.0.0.1)`,
      `SlurmctldPort=${ctldPort}`,
      `SlurmdPort=${slurmdPort}`,
      `SlurmUser=${username}`,
      `SlurmdUser=${username}`,
      "AuthType=auth/munge",
      `AuthInfo=socket=${this.#folder}/socket/munge`,
      `StateSaveLocation=${this.#folder}/state`,
      `SlurmdSpoolDir=${this.#folder}/spool`,
      `SlurmctldPidFile=${this.#folder}/slurmctld.pid`,
      `SlurmdPidFile=${this.#folder}/slurmd.pid`,
      `PlugStackConfig=${this.#folder}/plugstack.conf`,
      "ProctrackType=proctrack/linuxproc",
      "TaskPlugin=task/none",
      "SelectType=select/cons_tres",
      "SchedulerParameters=sched_interval=1",
      "KillWait=1",
      `NodeName=${name} NodeAddr=127.0.0.1 CPUs=${cpus().length}`,
      "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
      "",
    ].join("\n");
  }

  /** Waits until there are no jobs any more. */
  async idle(): Promise<void> {
    await this.#until("the jobs", () => {
      const jobs = this.#ask("squeue", "--noheader");
      if (jobs !== "") throw new Error(jobs);
    });
  }

  /** Ends all that was started, jobs first, and removes the files. */
  async stop(): Promise<void> {
    if (this.#running.length === DAEMONS.length) {
      try {
        this.#ask("scancel", "--full", `--user=${userInfo().username}`);
        await this.idle();
      } catch {
        // They end with their daemons.
      }
    }
    for (const child of this.#running.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([ended, wait(END_MS, undefined, { ref: false })]);
      child.kill("SIGKILL");
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #ask(program: string, ...args: string[]): string {
    const env = { ...process.env, ...this.env };
    return execFileSync(program, args, { encoding: "utf8", env, stdio: "pipe" }).trim();
  }

  #spawn(name: (typeof DAEMONS)[number], args: string[]): void {
    const log = openSync(join(this.#folder, `${name}.out`), "a");
    this.#running.push(spawn(daemon(name) as string, args, { stdio: ["ignore", log, log] }));
  }

  async #until(what: string, check: () => unknown): Promise<void> {
    const end = Date.now() + START_MS;
    for (;;) {
      try {
        check();
        return;
      } catch (error) {
        const dead = this.#running.find(({ exitCode }) => exitCode !== null);
        if (dead) throw new Error(`${dead.spawnfile} has ended with ${dead.exitCode}`, { cause: error });
        if (Date.now() > end) throw new Error(`waited for ${what} in vain`, { cause: error });
        await wait(200);
      }
    }
  }
}

/** Ports of loopback that nobody listens on, all at once so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

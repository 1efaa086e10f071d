import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/* Jobs for all processors: in processes, which all take the flags of this one, and with them its way to load TypeScript. */

function close(children: ChildProcess[]): void {
  for (const child of children) child.disconnect();
}

/** Has jobs done by a file that calls `answerJobs`, as many at a time as there are processors. */
export async function runJobs<Job extends object, Answer>(
  file: URL,
  jobs: readonly Job[],
  done: (job: Job, answer: Answer) => void,
): Promise<void> {
  const waiting = jobs.values();
  const count = Math.min(availableParallelism(), jobs.length);
  const children = Array.from({ length: count }, () =>
    fork(fileURLToPath(file), { serialization: "advanced" }),
  );
  try {
    await Promise.all(
      children.map(async (child) => {
        for (const job of waiting) done(job, await ask<Answer>(child, job));
      }),
    );
  } finally {
    close(children);
  }
}

function ask<Answer>(child: ChildProcess, job: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`a process ended before it had answered ${JSON.stringify(job)}`));
    child.once("exit", fail);
    child.once("message", (answer) => {
      child.off("exit", fail);
      resolve(answer as Answer);
    });
    child.send(job);
  });
}

/** Answers the jobs of the process that has started this one, until that lets go. */
export function answerJobs<Job, Answer extends object>(answer: (job: Job) => Answer | Promise<Answer>): void {
  process.on("message", async (job) => {
    process.send?.(await answer(job as Job));
  });
}

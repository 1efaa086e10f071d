import { copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skipReason } from "../support/engines.ts";
import { PrivateSlurm, slurmReason } from "./privateSlurm.ts";
import { recipes, Workspace } from "./workspace.ts";

/* The recipe of docs/scale.md for Slurm, in one of its own. */

const reason = skipReason("Slurm", slurmReason);
const script = fileURLToPath(new URL("../../examples/scale/slurm.sh", import.meta.url));
const [array, submit] = recipes("Slurm", "sh") as [string, string];

it("the job array of the page is that of the example", () => {
  expect(array).toBe(readFileSync(script, "utf8"));
});

describe.skipIf(reason)("Slurm", () => {
  let workspace: Workspace;
  let slurm: PrivateSlurm;
  beforeAll(async () => {
    workspace = new Workspace();
    slurm = new PrivateSlurm();
    await slurm.start();
  });
  afterAll(async () => {
    await slurm?.stop();
    workspace?.remove();
  });

  it("the shards of a job array give what one process gives", async () => {
    copyFileSync(script, workspace.file("slurm.sh"));
    await workspace.shell(submit, slurm.env);
    await slurm.idle();
    expect(workspace.read("merge.log").toString()).toBe("");
    expect(workspace.report()).toBe(await workspace.whole());
  });
});
